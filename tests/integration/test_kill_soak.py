"""A served runtime is killed at random moments, again and again: what it acknowledged is there afterwards."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
BUCKET = "soak"
KILLS = 50
# Instant steps around one that runs a process: a kill can fall before, into and after it.
SCRIPT = "import pathlib, time; time.sleep(0.2); print('done')"


def definition(code: str) -> str:
    step = {
        "Name": "Work",
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "AppSpecification": {
                "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
                "ContainerEntrypoint": ["python3", "-c", code],
            },
            "RoleArn": ROLE,
        },
    }  # fmt: skip
    after = {
        "Name": "After",
        "Type": "Condition",
        "DependsOn": ["Work"],
        "Arguments": {"Conditions": [], "IfSteps": [], "ElseSteps": []},
    }
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step, after]})


class Server:
    """`python -m runtime`, which can be killed and started again over the same directory."""

    def __init__(self, state: Path, connect: Callable[[str], Any]) -> None:
        self._state = state
        self._connect = connect

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "--port", "0", "--data", str(self._state)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the runtime did not start again"
        self.client = self._connect(re.findall(r"http://127\.0\.0\.1:\d+", line)[0])

    def end(self, *, kill: bool) -> None:
        self._process.kill() if kill else self._process.terminate()
        self._process.communicate(timeout=60)


class Writer(threading.Thread):
    """Writes until the server is gone, and remembers what was acknowledged."""

    def __init__(self, client: Callable[[str], Any], known: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self._sagemaker, self._s3 = client("sagemaker"), client("s3")
        self._known = known
        self.start()

    def run(self) -> None:
        try:
            while True:
                self._round(uuid.uuid4().hex)
        except (BotoCoreError, Unanswered):
            pass  # the connection broke: whatever was under way was not acknowledged

    def _round(self, name: str) -> None:
        body = random.randbytes(random.randrange(1, 200_000))
        self._known["objects"].setdefault("shared", set()).add(body)
        self._s3.put_object(Bucket=BUCKET, Key="shared", Body=body)
        self._s3.put_object(Bucket=BUCKET, Key=name, Body=body)
        self._known["objects"][name] = body
        created = self._sagemaker.create_pipeline(
            PipelineName=name, PipelineDefinition=definition(SCRIPT), RoleArn=ROLE
        )
        self._known["pipelines"][name] = member(created, "PipelineArn")
        started = self._sagemaker.start_pipeline_execution(PipelineName=name)
        self._known["executions"][member(started, "PipelineExecutionArn")] = name
        package = self._sagemaker.create_model_package(ModelPackageGroupName="soak")
        self._known["packages"][member(package, "ModelPackageArn")] = name


class Unanswered(Exception):
    """The status came and the body did not, which botocore takes for an empty answer."""


def member(answer: dict[str, Any], name: str) -> str:
    if name not in answer:
        raise Unanswered
    return str(answer[name])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_and_nothing_is_half_written(
    tmp_path: Path, connect: Callable[[str], Any]
) -> None:
    random.seed(0)
    known: dict[str, dict[str, Any]] = {
        kind: {} for kind in ("objects", "pipelines", "executions", "packages")
    }
    server = Server(tmp_path / "state", connect)
    server.start()
    server.client("s3").create_bucket(Bucket=BUCKET)
    server.client("sagemaker").create_model_package_group(ModelPackageGroupName="soak")
    for _ in range(KILLS):
        writer = Writer(server.client, known)
        threading.Event().wait(random.uniform(0.0, 0.8))
        server.end(kill=True)
        writer.join()
        server.start()
        check(server.client("sagemaker"), server.client("s3"), known)
    assert len(known["executions"]) > KILLS
    retry(server.client("sagemaker"), known)
    server.end(kill=False)


def check(sagemaker: Any, s3: Any, known: dict[str, dict[str, Any]]) -> None:
    for name, body in list(known["objects"].items())[-5:]:
        read = s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()
        assert read in body if name == "shared" else read == body
    if "shared" in known["objects"]:
        assert (
            s3.get_object(Bucket=BUCKET, Key="shared")["Body"].read() in known["objects"]["shared"]
        )
    keys = {
        entry["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        for entry in page.get("Contents", [])
    }
    assert set(known["objects"]) - {"shared"} <= keys
    pages = sagemaker.get_paginator("list_pipelines").paginate()
    listed = {each["PipelineName"] for page in pages for each in page["PipelineSummaries"]}
    assert set(known["pipelines"]) <= listed
    for name in listed:
        assert json.loads(sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"])
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName="soak")
    packages = [each for page in pages for each in page["ModelPackageSummaryList"]]
    assert set(known["packages"]) <= {each["ModelPackageArn"] for each in packages}
    versions = sorted(each["ModelPackageVersion"] for each in packages)
    assert versions == sorted(set(versions))
    for arn in known["executions"]:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        assert found["PipelineExecutionStatus"] in ("Succeeded", "Failed")
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
        statuses = {step["StepStatus"] for step in steps["PipelineExecutionSteps"]}
        assert statuses <= {"Succeeded", "Failed"}


def retry(sagemaker: Any, known: dict[str, dict[str, Any]]) -> None:
    """What a kill ended goes on to its end."""
    arns = [
        arn
        for arn in known["executions"]
        if sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Failed"
    ][:5]  # fmt: skip
    assert arns
    for arn in arns:
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="r" * 32)
        while True:
            found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            if found["PipelineExecutionStatus"] != "Executing":
                break
            threading.Event().wait(0.05)
        assert found["PipelineExecutionStatus"] == "Succeeded", found
