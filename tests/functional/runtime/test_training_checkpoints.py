"""CheckpointConfig: what a job writes is in S3 however it ends, and the next job goes on from there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runtime.jobs import checkpoints

SETTINGS = {"objective": "reg:squarederror", "eval_metric": "rmse"}


def train(local: Any, name: str, rounds: int, uri: str | None, **changes: Any) -> dict[str, Any]:
    if uri:
        changes["CheckpointConfig"] = {"S3Uri": uri}
    settings = {**SETTINGS, "num_round": str(rounds)}
    request = local.training(HyperParameters=settings, **changes)
    local.call("CreateTrainingJob", TrainingJobName=name, **request)
    return dict(local.ended("TrainingJob", name))


def kept(local: Any, prefix: str) -> dict[str, str]:
    """What is in S3 below a prefix, by the rest of the key."""
    found = local.runtime.objects.list(local.bucket, f"{prefix}/")
    return {stored.key.removeprefix(f"{prefix}/"): stored.path.read_text() for stored in found}


def names(local: Any, prefix: str) -> list[str]:
    found = local.runtime.objects.list(local.bucket, f"{prefix}/")
    return [stored.key.removeprefix(f"{prefix}/") for stored in found]


@pytest.mark.parametrize("hosts", [1, 2])
def test_a_second_job_goes_on_and_ends_as_one_job_would(hosts: int, local: Any) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": hosts, "VolumeSizeInGB": 1}
    more = {"ResourceConfig": resources}
    uri = f"s3://{local.bucket}/goes-on-{hosts}"
    half = train(local, f"half-{hosts}", 5, uri, **more)
    assert half["CheckpointConfig"] == {"S3Uri": uri}
    assert names(local, f"goes-on-{hosts}") == [f"xgboost-checkpoint.{n}" for n in range(5)]
    rest = train(local, f"rest-{hosts}", 10, uri, **more)
    whole = train(local, f"whole-{hosts}", 10, None, **more)
    rounds = re.findall(r"^\[(\d+)\]", local.log("TrainingJob", f"rest-{hosts}"), re.MULTILINE)
    assert rounds == ["5", "6", "7", "8", "9"]
    assert [entry["Value"] for entry in rest["FinalMetricDataList"]] == [
        entry["Value"] for entry in whole["FinalMetricDataList"]
    ]
    ends = [local.read(job["ModelArtifacts"]["S3ModelArtifacts"]) for job in (rest, whole)]
    assert ends[0] == ends[1]


def run(local: Any, name: str, code: str, prefix: str, **changes: Any) -> dict[str, Any]:
    begin(local, name, code, prefix, **changes)
    return dict(local.ended("TrainingJob", name))


def begin(local: Any, name: str, code: str, prefix: str, **changes: Any) -> None:
    config = {"CheckpointConfig": {"S3Uri": f"s3://{local.bucket}/{prefix}"}}
    request = local.script_training(code, **{**config, **changes})
    local.call("CreateTrainingJob", TrainingJobName=name, **request)


@pytest.mark.usefixtures("own_opt_ml")
def test_a_script_finds_changes_and_deletes_what_is_in_s3(local: Any) -> None:
    local.put("script-state/old/epoch", "1")
    local.put("script-state/stale", "x")
    local.put("script-state-of-another/epoch", "7")
    code = """
import json, pathlib
config = json.loads(pathlib.Path("/opt/ml/input/config/checkpointconfig.json").read_text())
assert config == {"S3Uri": "s3://test-bucket/script-state", "LocalPath": "/opt/ml/checkpoints"}
folder = pathlib.Path("/opt/ml/checkpoints")
assert sorted(path.name for path in folder.iterdir()) == ["old", "stale"]
epoch = int((folder / "old/epoch").read_text())
(folder / "old/epoch").write_text(str(epoch + 1))
(folder / "new").mkdir()
(folder / "new/weights").write_text("w")
(folder / "half.sagemaker-ignore").write_text("half")
(folder / "link").symlink_to("/etc/passwd")
(folder / "stale").unlink()
"""
    job = run(local, "finds", code, "script-state")
    assert job["TrainingJobStatus"] == "Completed", local.log("TrainingJob", "finds")
    assert kept(local, "script-state") == {"old/epoch": "2", "new/weights": "w"}


@pytest.mark.usefixtures("own_opt_ml")
def test_a_job_that_fails_keeps_its_checkpoints(local: Any) -> None:
    code = "open('/opt/ml/checkpoints/state', 'w').write('kept'); raise SystemExit(3)"
    job = run(local, "fails", code, "of-failed")
    assert job["FailureReason"] == "AlgorithmError: , exit code: 3"
    assert kept(local, "of-failed") == {"state": "kept"}


WAITING = """
import time
open("/opt/ml/checkpoints/state", "w").write("kept")
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("own_opt_ml")
def test_checkpoints_are_there_while_a_job_runs_and_after_it_was_stopped(
    local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.05)
    begin(local, "stops", WAITING, "of-stopped")
    local.wait_for(lambda: kept(local, "of-stopped") == {"state": "kept"})
    local.call("StopTrainingJob", TrainingJobName="stops")
    assert local.ended("TrainingJob", "stops")["TrainingJobStatus"] == "Stopped"
    assert kept(local, "of-stopped") == {"state": "kept"}


@pytest.mark.usefixtures("own_opt_ml")
def test_hosts_that_run_out_of_time_end_and_keep_their_checkpoints(local: Any) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    limit = {"MaxRuntimeInSeconds": 4}
    changes = {"StoppingCondition": limit, "ResourceConfig": resources}
    job = run(local, "late-state", WAITING, "of-late", **changes)
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert kept(local, "of-late") == {"state": "kept"}


@pytest.mark.usefixtures("own_opt_ml")
def test_every_host_gets_the_checkpoints_and_adds_its_own(local: Any) -> None:
    local.put("of-hosts/common", "before")
    code = """
import os, pathlib
folder, host = pathlib.Path("/opt/ml/states"), os.environ["SM_CURRENT_HOST"]
assert (folder / "common").read_text() == "before"
(folder / host).write_text(host)
if host == "algo-1":
    (folder / "common").write_text("after")
"""
    config = {"S3Uri": "s3://test-bucket/of-hosts/", "LocalPath": "/opt/ml/states/"}
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    changes = {"CheckpointConfig": config, "ResourceConfig": resources}
    job = run(local, "of-hosts", code, "of-hosts", **changes)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    states = {"algo-1": "algo-1", "algo-2": "algo-2", "common": "after"}
    assert kept(local, "of-hosts") == states


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("bucket", {"S3Uri": "s3://nowhere/x"}, "the output bucket 'nowhere' of s3://nowhere/x/"),
        ("uri", {"S3Uri": "https://x"}, "'https://x/' is not an S3 URI"),
        (
            "outside",
            {"S3Uri": "s3://test-bucket/x", "LocalPath": "/tmp/x"},
            "must be under /opt/ml",
        ),
        (
            "all",
            {"S3Uri": "s3://test-bucket/x", "LocalPath": "/opt/ml"},
            "must be a folder of its own",
        ),
        (
            "model",
            {"S3Uri": "s3://test-bucket/x", "LocalPath": "/opt/ml/model/x"},
            "must be a folder of",
        ),
    ],
)
def test_a_place_that_cannot_be_is_the_reason_of_the_failure(
    name: str, config: dict[str, str], reason: str, local: Any
) -> None:
    request = local.script_training("print('ran')", CheckpointConfig=config)
    local.call("CreateTrainingJob", TrainingJobName=name, **request)
    job = local.ended("TrainingJob", name)
    assert job["FailureReason"].startswith("ClientError: ")
    assert reason in job["FailureReason"]
    assert local.log("TrainingJob", name) == ""


def test_training_jobs_of_a_tuning_job_do_not_go_on_from_each_other(local: Any) -> None:
    eta = {"Name": "eta", "MinValue": "0.05", "MaxValue": "0.5"}
    objective = {"Type": "Minimize", "MetricName": "validation:rmse"}
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": objective,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
        "ParameterRanges": {"ContinuousParameterRanges": [eta]},
    }
    definition = local.training(
        StaticHyperParameters={**SETTINGS, "num_round": "3"},
        CheckpointConfig={"S3Uri": f"s3://{local.bucket}/of-trials"},
    )
    local.call(
        "CreateHyperParameterTuningJob",
        HyperParameterTuningJobName="trials",
        HyperParameterTuningJobConfig=config,
        TrainingJobDefinition=definition,
    )
    local.ended("HyperParameterTuningJob", "trials")
    jobs = local.call("ListTrainingJobs", NameContains="trials-")["TrainingJobSummaries"]
    expected = {
        f"{job['TrainingJobName']}/xgboost-checkpoint.{n}" for job in jobs for n in range(3)
    }
    assert len(expected) == 6
    assert set(names(local, "of-trials")) == expected
