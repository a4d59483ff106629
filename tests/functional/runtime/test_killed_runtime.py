"""A runtime that is killed while everything runs: nothing is left running, in the records or on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from runtime.jobs._base import ABANDONED as JOB_ABANDONED
from runtime.runner import ABANDONED

ROOT = Path(__file__).parents[3]
# Waits for ever, with a child in its group and one that left it, unless it is told to go on.
SCRIPT = """
import os, subprocess, time
if open("/opt/ml/processing/input/flag/flag.txt").read() == "go":
    raise SystemExit
children = [subprocess.Popen(["sleep", "600"], start_new_session=new) for new in (False, True)]
print("pids", os.getppid(), os.getpid(), *(child.pid for child in children), flush=True)
time.sleep(600)
"""
# Does what it is told, and waits to be killed.
RUNTIME = """
import json, sys, threading
from pathlib import Path
from runtime.runtime import Runtime
runtime = Runtime(Path(sys.argv[1]))
for operation, request in json.loads(sys.argv[2]):
    print(json.dumps(runtime.api.call(operation, request)), flush=True)
threading.Event().wait()
"""


def waiting_step(local: Any) -> dict[str, Any]:
    request = local.processing(SCRIPT)
    flag = {
        "S3Uri": local.put("flag/flag.txt", "wait"),
        "LocalPath": "/opt/ml/processing/input/flag",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    request["ProcessingInputs"].append({"InputName": "flag", "S3Input": flag})
    return {"Name": "Wait", "Type": "Processing", "Arguments": request}


def endless_tuning(local: Any) -> dict[str, Any]:
    eta = {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}
    static = {"num_round": "1000000", "objective": "reg:squarederror", "eval_metric": "rmse"}
    return {
        "HyperParameterTuningJobName": "endless",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"ContinuousParameterRanges": [eta]},
        },
        "TrainingJobDefinition": {"StaticHyperParameters": static, **local.training()},
    }


def log_of(local: Any, kind: str) -> str:
    logs = (local.directory / "state/jobs" / kind).glob("*/log")
    return "".join(path.read_text() for path in logs)


@pytest.mark.usefixtures("own_opt_ml")
def test_a_killed_runtime_leaves_no_process_and_the_next_one_ends_its_work(
    local: Any, alive: Any
) -> None:
    pipeline = local.pipeline("killed", waiting_step(local))
    start = {"PipelineName": pipeline, "ClientRequestToken": uuid.uuid4().hex}
    calls = [
        ["StartPipelineExecution", start],
        ["CreateHyperParameterTuningJob", endless_tuning(local)],
    ]
    local.runtime.close()
    process = subprocess.Popen(
        [sys.executable, "-c", RUNTIME, str(local.directory / "state"), json.dumps(calls)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        arn = json.loads(process.stdout.readline())["PipelineExecutionArn"]
        local.wait_for(lambda: "pids" in log_of(local, "ProcessingJob"))
        local.wait_for(lambda: "[1]" in log_of(local, "TrainingJob"))
    finally:
        process.kill()
        process.communicate()
    server, *pids = map(int, log_of(local, "ProcessingJob").split()[1:])
    local.wait_for(lambda: not any(map(alive, (server, *pids))))

    local.open()
    ended = local.finished(arn)
    assert (ended["PipelineExecutionStatus"], ended["FailureReason"]) == ("Failed", ABANDONED)
    step = local.steps(arn)["Wait"]
    assert (step["StepStatus"], step["FailureReason"]) == ("Failed", ABANDONED)
    for kind in ("ProcessingJob", "TrainingJob", "HyperParameterTuningJob"):
        [job] = local.runtime.records.list(kind)
        assert (job[f"{kind}Status"], job["FailureReason"]) == ("Failed", JOB_ABANDONED)
    tuning = local.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="endless")
    assert tuning["TrainingJobStatusCounters"]["RetryableError"] == 1
    assert not list((local.directory / "state/jobs").glob("*/*/ml"))

    local.put("flag/flag.txt", "go")
    local.call(
        "RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex
    )
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
