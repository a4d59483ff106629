"""Training jobs as a client sees them: built-in algorithms and scripts."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from typing import Any

import pytest

from runtime.api import ApiError

HYPERPARAMETERS = {"num_round": "10", "objective": "reg:squarederror", "eval_metric": "rmse"}


def test_a_built_in_algorithm_trains_and_leaves_model_metrics_and_log(local: Any) -> None:
    answer = local.call(
        "CreateTrainingJob",
        TrainingJobName="good",
        HyperParameters=HYPERPARAMETERS,
        **local.training(),
    )
    assert answer["TrainingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:training-job/good"
    job = local.ended("TrainingJob", "good")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    transitions = job["SecondaryStatusTransitions"]
    assert [entry["Status"] for entry in transitions] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(entry["StartTime"] <= entry["EndTime"] for entry in transitions)
    metrics = {entry["MetricName"]: entry["Value"] for entry in job["FinalMetricDataList"]}
    assert set(metrics) == {"train:rmse", "validation:rmse"}
    assert 0 < metrics["validation:rmse"] < 1
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == "s3://test-bucket/models/good/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(local.read(uri))) as archive:
        assert archive.getnames() == ["xgboost-model"]
    assert "validation-rmse" in local.log("TrainingJob", "good")
    assert not (local.directory / "state/jobs/TrainingJob/good/ml").exists()


def test_the_same_request_gives_the_same_bytes(local: Any) -> None:
    artifacts = []
    for name in ("one", "two"):
        request = local.training()
        local.call(
            "CreateTrainingJob", TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **request
        )
        job = local.ended("TrainingJob", name)
        artifacts.append(local.read(job["ModelArtifacts"]["S3ModelArtifacts"]))
    assert artifacts[0] == artifacts[1]


@pytest.mark.parametrize(
    ("hyperparameters", "text", "reason"),
    [
        ({"los": "x"}, "1,2\n", "Additional properties are not allowed (u'los' was unexpected)"),
        ({"epochs": "0"}, "1,2\n", "u'0' is not valid under any of the given schemas"),
        (
            {},
            "1,2\n1,x\n",
            "Unable to parse csv: rows 1-1000, file /opt/ml/input/data/train/rows.csv: row 2, column 2",
        ),
    ],
)
def test_a_customers_mistake_of_linear_learner_is_a_client_error(
    hyperparameters: dict[str, str], text: str, reason: str, local: Any
) -> None:
    image = local.xgboost.replace("sagemaker-xgboost:3.0-5", "linear-learner:1")
    specification = {"TrainingImage": image, "TrainingInputMode": "File"}
    channel = local.channel("train", local.put("mistake/rows.csv", text))
    name = f"mistaken-{uuid.uuid4().hex}"
    local.call(
        "CreateTrainingJob",
        TrainingJobName=name,
        HyperParameters={"predictor_type": "regressor", **hyperparameters},
        **local.training(AlgorithmSpecification=specification, InputDataConfig=[channel]),
    )
    job = local.ended("TrainingJob", name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(f"ClientError: {reason}")
    assert "exit code" not in job["FailureReason"]


def test_an_exit_code_of_a_script_is_never_a_client_error(local: Any) -> None:
    local.call(
        "CreateTrainingJob",
        TrainingJobName="exits",
        **local.script_training("raise SystemExit(2)"),
    )
    assert local.ended("TrainingJob", "exits")["FailureReason"] == "AlgorithmError: , exit code: 2"


def test_what_the_algorithm_refuses_is_the_failure_reason(local: Any) -> None:
    local.call(
        "CreateTrainingJob",
        TrainingJobName="refused",
        HyperParameters={**HYPERPARAMETERS, "eta": "7"},
        **local.training(),
    )
    job = local.ended("TrainingJob", "refused")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert "eta" in job["FailureReason"]
    assert job["FailureReason"].endswith(", exit code: 1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("input", "ClientError: Data download failed:No S3 objects found"),
        ("output", "ClientError: the output bucket 'nowhere'"),
    ],
)
def test_missing_data_or_bucket_fails_the_job(changes: str, message: str, local: Any) -> None:
    request = local.training()
    if changes == "input":
        request["InputDataConfig"] = [local.channel("train", "s3://test-bucket/none")]
    else:
        request["OutputDataConfig"] = {"S3OutputPath": "s3://nowhere/x"}
    name = f"missing-{changes}"
    local.call("CreateTrainingJob", TrainingJobName=name, **request)
    assert local.ended("TrainingJob", name)["FailureReason"].startswith(message)


def refusal(local: Any, **request: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        local.call("CreateTrainingJob", **request)
    return caught.value


def test_metric_definitions_on_a_first_party_image_are_refused(local: Any) -> None:
    specification = {
        "TrainingImage": local.xgboost,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "m", "Regex": "x"}],
    }
    request = local.training(AlgorithmSpecification=specification)
    error = refusal(local, TrainingJobName="metrics", **request)
    assert error.code == "ValidationException"
    assert error.message.startswith("You can't override the metric definitions")


def test_an_unknown_image_is_refused_with_what_there_is(local: Any) -> None:
    specification = {"TrainingImage": "registry/pytorch-training:2", "TrainingInputMode": "File"}
    request = local.training(AlgorithmSpecification=specification)
    error = refusal(local, TrainingJobName="unknown", **request)
    assert "pytorch-training" in error.message
    assert "sagemaker-xgboost" in error.message


def test_a_name_can_be_used_once(local: Any) -> None:
    request = local.training(HyperParameters=HYPERPARAMETERS)
    local.call("CreateTrainingJob", TrainingJobName="taken", **request)
    error = refusal(local, TrainingJobName="taken", **request)
    assert error.code == "ResourceInUse"
    assert "(arn:aws:sagemaker:us-east-1:123456789012:training-job/taken)" in error.message
    local.ended("TrainingJob", "taken")


@pytest.mark.usefixtures("own_opt_ml")
def test_a_script_sees_the_container_and_its_metrics_are_found(local: Any) -> None:
    code = """
import json, os, sys
from pathlib import Path
assert os.environ["SM_HP_RATE"] == "0.5"
assert json.loads(Path("/opt/ml/input/config/hyperparameters.json").read_text()) == {"rate": "0.5"}
Path(os.environ["SM_MODEL_DIR"], "weights").write_text("w")
Path("/opt/ml/output/data/extra").write_text("e")
print("loss=3.5")
print("loss=1.25")
"""
    request = local.script_training(code, HyperParameters={"rate": "0.5"})
    local.call("CreateTrainingJob", TrainingJobName="script", **request)
    job = local.ended("TrainingJob", "script")
    assert job["TrainingJobStatus"] == "Completed", local.log("TrainingJob", "script")
    [metric] = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("loss", 1.25)
    assert local.read("s3://test-bucket/models/script/output/output.tar.gz")


@pytest.mark.usefixtures("own_opt_ml")
def test_a_script_that_raises_shows_its_own_traceback_and_failure_file(local: Any) -> None:
    code = """
open("/opt/ml/output/failure", "w").write("the data is " + "x" * 2000)
raise ValueError("boom")
"""
    local.call("CreateTrainingJob", TrainingJobName="raises", **local.script_training(code))
    job = local.ended("TrainingJob", "raises")
    assert job["FailureReason"].startswith("AlgorithmError: the data is xxx")
    assert job["FailureReason"].endswith("xxx, exit code: 1")
    assert len(job["FailureReason"]) <= 1024
    log = local.log("TrainingJob", "raises")
    assert "ValueError: boom" in log
    assert "runpy" not in log


@pytest.mark.usefixtures("own_opt_ml")
def test_a_script_that_removes_its_folders_still_completes(local: Any) -> None:
    code = "import shutil; shutil.rmtree('/opt/ml/model'); shutil.rmtree('/opt/ml/output')"
    local.call("CreateTrainingJob", TrainingJobName="removes", **local.script_training(code))
    job = local.ended("TrainingJob", "removes")
    assert job["TrainingJobStatus"] == "Completed", job
    with tarfile.open(
        fileobj=io.BytesIO(local.read(job["ModelArtifacts"]["S3ModelArtifacts"]))
    ) as archive:
        assert archive.getnames() == []


def test_a_job_stopped_before_it_left_a_model_keeps_its_metrics(local: Any) -> None:
    code = "import time; print('loss=2', flush=True); time.sleep(600)"
    local.call("CreateTrainingJob", TrainingJobName="early", **local.script_training(code))
    local.wait_for(lambda: "loss" in local.log("TrainingJob", "early"))
    local.call("StopTrainingJob", TrainingJobName="early")
    job = local.ended("TrainingJob", "early")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [2.0]
    assert not (local.directory / "state/jobs/TrainingJob/early/ml").exists()


def test_a_stop_between_the_record_and_the_thread_of_a_job_is_not_lost(local: Any) -> None:
    jobs = local.runtime.jobs.training
    request = {**local.script_training("print('ran')"), "TrainingJobName": "raced"}
    jobs.launch(jobs.stopping(jobs.document(request)))
    assert local.ended("TrainingJob", "raced")["TrainingJobStatus"] == "Stopped"
    assert local.log("TrainingJob", "raced") == ""


WAITING = """
import signal, sys, time
from pathlib import Path
def leave(*_):
    Path("/opt/ml/model/half").write_text("half")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
while True:
    time.sleep(60)
"""


@pytest.mark.usefixtures("own_opt_ml")
def test_a_stopped_job_keeps_what_it_had(local: Any) -> None:
    local.call("CreateTrainingJob", TrainingJobName="stopped", **local.script_training(WAITING))
    local.wait_for(lambda: "ready" in local.log("TrainingJob", "stopped"))
    local.call("StopTrainingJob", TrainingJobName="stopped")
    job = local.ended("TrainingJob", "stopped")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert local.read(job["ModelArtifacts"]["S3ModelArtifacts"])
    with pytest.raises(ApiError, match="rejected because the training job is in status Stopped"):
        local.call("StopTrainingJob", TrainingJobName="stopped")


def test_a_job_beyond_its_time_ends_as_stopped_with_its_artifacts(local: Any) -> None:
    request = local.script_training(WAITING, StoppingCondition={"MaxRuntimeInSeconds": 1})
    local.call("CreateTrainingJob", TrainingJobName="late", **request)
    job = local.ended("TrainingJob", "late")
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert local.read(job["ModelArtifacts"]["S3ModelArtifacts"])


def test_jobs_are_listed_and_an_unknown_one_is_refused_in_the_services_words(local: Any) -> None:
    local.call("CreateTrainingJob", TrainingJobName="listed", **local.training())
    local.ended("TrainingJob", "listed")
    listed = local.call("ListTrainingJobs", NameContains="listed")["TrainingJobSummaries"]
    assert [entry["TrainingJobName"] for entry in listed] == ["listed"]
    with pytest.raises(ApiError, match="Requested resource not found"):
        local.call("DescribeTrainingJob", TrainingJobName="nobody")


def test_documents_of_finished_jobs_are_json(local: Any) -> None:
    for document in local.runtime.records.list("TrainingJob"):
        json.dumps(document, allow_nan=False)
