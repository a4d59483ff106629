"""XGBoost's container behind the API: what a client sees of formats, folds, mistakes and a stop."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost as xgb

from runtime.api import ApiError

HYPERPARAMETERS = {"num_round": "5", "objective": "reg:squarederror", "eval_metric": "rmse"}


def _parquet(local: Any, channel: str, table: dict[str, list[Any]]) -> dict[str, Any]:
    path = local.directory / f"{channel}.parquet"
    pq.write_table(pa.table(table), path)
    local.runtime.objects.put(local.bucket, f"parquet/{channel}/a/part.parquet", path)
    uri = f"s3://{local.bucket}/parquet/{channel}"
    return {**local.channel(channel, uri), "ContentType": "application/x-parquet"}


def _train(local: Any, name: str, hyperparameters: dict[str, str], **changes: Any) -> Any:
    request = local.training(**changes)
    local.call(
        "CreateTrainingJob", TrainingJobName=name, HyperParameters=hyperparameters, **request
    )
    return local.ended("TrainingJob", name)


def _members(local: Any, uri: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(local.read(uri))) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {member.name: archive.extractfile(member).read() for member in files}  # type: ignore[union-attr]


def test_parquet_as_fast_file_with_the_image_of_an_older_version(local: Any) -> None:
    table = {"y": [1.0, 2, 3, 4] * 5, "a": [1, 2, 3, None] * 5}
    job = _train(
        local,
        "parquet",
        HYPERPARAMETERS,
        AlgorithmSpecification={
            "TrainingImage": local.xgboost.replace("3.0-5", "1.7-1"),
            "TrainingInputMode": "FastFile",
        },
        InputDataConfig=[_parquet(local, channel, table) for channel in ("train", "validation")],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    log = local.log("TrainingJob", "parquet")
    assert (
        "WARNING] The image's tag is 1.7-1, but the local runtime trains with XGBoost 3.0.5" in log
    )
    assert "Train matrix has 20 rows and 1 columns" in log


def test_a_file_that_is_not_what_was_promised_is_the_failure_reason(local: Any) -> None:
    channel = {**local.channel("train", local.data()), "ContentType": "application/x-parquet"}
    job = _train(local, "no-parquet", HYPERPARAMETERS, InputDataConfig=[channel])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "AlgorithmError: Failed to load parquet data with exception:\nrows.csv: not a readable Parquet"
    )
    assert job["FailureReason"].endswith(", exit code: 1")


def test_folds_leave_their_models_their_predictions_and_the_mean_metric(local: Any) -> None:
    folds = {"_kfold": "2", "_num_cv_round": "2"}
    job = _train(local, "folds", {**HYPERPARAMETERS, **folds})
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert set(_members(local, uri)) == {f"xgboost-model-{number}" for number in range(4)}
    output = _members(local, uri.replace("model.tar.gz", "output.tar.gz"))
    rows = output["predictions.csv"].decode().splitlines()
    assert len(rows) == 400
    last = [
        line for line in local.log("TrainingJob", "folds").splitlines() if line.startswith("[5]")
    ][-1]
    (metric,) = (
        entry["Value"]
        for entry in job["FinalMetricDataList"]
        if entry["MetricName"] == "validation:rmse"
    )
    assert f"validation-rmse:{metric:.5f}" in last


def _stopped(local: Any, name: str, **hyperparameters: str) -> Any:
    request = local.training()
    rounds = {**HYPERPARAMETERS, "num_round": "1000000", "max_depth": "1", **hyperparameters}
    local.call("CreateTrainingJob", TrainingJobName=name, HyperParameters=rounds, **request)
    local.wait_for(lambda: "[3]\ttrain-rmse" in local.log("TrainingJob", name))
    local.call("StopTrainingJob", TrainingJobName=name)
    return local.ended("TrainingJob", name)


def test_a_stopped_job_keeps_its_latest_model_when_it_was_asked_to(local: Any) -> None:
    job = _stopped(local, "kept", save_model_on_termination="true")
    assert job["TrainingJobStatus"] == "Stopped"
    files = _members(local, job["ModelArtifacts"]["S3ModelArtifacts"])
    assert set(files) == {"xgboost-model"}
    model = xgb.Booster(model_file=bytearray(files["xgboost-model"]))
    printed = local.log("TrainingJob", "kept").splitlines()[-1]
    assert abs(int(printed[1 : printed.index("]")]) + 1 - model.num_boosted_rounds()) <= 1


def test_a_stopped_job_that_was_not_asked_to_has_no_model(local: Any) -> None:
    job = _stopped(local, "lost")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "ModelArtifacts" not in job


@pytest.mark.parametrize("place", ["specification", "channel"])
def test_pipe_mode_is_refused_when_the_job_is_created(local: Any, place: str) -> None:
    request = local.training()
    if place == "channel":
        request["InputDataConfig"][0]["InputMode"] = "Pipe"
    else:
        request["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    with pytest.raises(ApiError, match="'Pipe' is not supported by the local runtime"):
        local.call(
            "CreateTrainingJob", TrainingJobName="p", HyperParameters=HYPERPARAMETERS, **request
        )
