"""A whole runtime over a directory of its own, and requests to give it."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runtime.runtime import Runtime

BUCKET = "test-bucket"
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3"
SECONDS = 60


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children_of(pid: int) -> list[int]:
    """The processes that this one is the parent of, ended ones included."""
    found = {}
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with suppress(OSError):  # it has ended meanwhile
                stat = (path / "stat").read_text().rpartition(")")[2]
                found[int(path.name)] = int(stat.split()[1])
    return sorted(child for child, parent in found.items() if parent == pid)


def nests() -> list[int]:
    """What is between this process's fork servers and training jobs that share their data."""
    between = [pid for server in children_of(os.getpid()) for pid in children_of(server)]
    return [pid for pid in between if children_of(pid)]


class Local:
    """A runtime and short ways to use it as a client does."""

    bucket = BUCKET
    role = ROLE
    wait_for = staticmethod(wait_until)
    xgboost = XGBOOST
    sklearn = SKLEARN

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.open()
        self.runtime.objects.create_bucket(BUCKET)

    def open(self) -> None:
        """Open the directory, again if its runtime was closed."""
        self.runtime = Runtime(self.directory / "state")

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.runtime.api.call(operation, request)

    def put(self, key: str, text: str) -> str:
        path = self.directory / uuid.uuid4().hex
        path.write_text(text)
        self.runtime.objects.put(BUCKET, key, path)
        return f"s3://{BUCKET}/{key}"

    def read(self, uri: str) -> bytes:
        return self.runtime.objects.get(
            BUCKET, uri.removeprefix(f"s3://{BUCKET}/")
        ).path.read_bytes()

    def data(self, seed: int = 0, rows: int = 200) -> str:
        """A URI of CSV rows `y, x1, x2` with y = 3 x1 + 2 x2 and a little noise."""
        generator = random.Random(seed)
        lines = []
        for _ in range(rows):
            x1, x2 = generator.random(), generator.random()
            lines.append(f"{3 * x1 + 2 * x2 + generator.gauss(0, 0.1)},{x1},{x2}")
        return self.put(f"data/{seed}/rows.csv", "\n".join(lines) + "\n")

    def log(self, kind: str, name: str) -> str:
        path = self.directory / "state/jobs" / kind / name / "log"
        return path.read_text() if path.exists() else ""

    def ended(self, kind: str, name: str) -> dict[str, Any]:
        """Wait for a job and describe it."""
        self.runtime.jobs.wait(kind, name)
        return self.call(f"Describe{kind}", **{f"{kind}Name": name})

    def threads(self) -> list[str]:
        """What runs in this process for executions, steps and jobs."""
        kinds = ("execution-", "step-", "TrainingJob-", "ProcessingJob-", "Hyper", "Transform")
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if name.startswith(kinds)]

    # Requests

    def training(self, **changes: Any) -> dict[str, Any]:
        """The part that training and tuning requests share: XGBoost on a little data."""
        return {
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "InputDataConfig": [
                self.channel("train", self.data(0)),
                self.channel("validation", self.data(1)),
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": SECONDS},
            **changes,
        }

    def script_training(self, code: str, **changes: Any) -> dict[str, Any]:
        """A training job that runs a script of the channel `code`."""
        uri = self.put(f"code/{uuid.uuid4().hex}/train.py", code)
        specification = {
            "TrainingImage": SKLEARN,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        }
        channels = [self.channel("code", uri)]
        return self.training(
            AlgorithmSpecification=specification, InputDataConfig=channels, **changes
        )

    def channel(self, name: str, uri: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": uri}
        return {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": source},
        }

    def processing(self, code: str, *arguments: str, **changes: Any) -> dict[str, Any]:
        """A processing job that runs a script; /opt/ml/processing/output goes to s3://.../out."""
        uri = self.put(f"code/{uuid.uuid4().hex}/run.py", code)
        local = "/opt/ml/processing"
        specification: dict[str, Any] = {
            "ImageUri": SKLEARN,
            "ContainerEntrypoint": ["python3", f"{local}/input/code/run.py"],
        }
        if arguments:
            specification["ContainerArguments"] = list(arguments)
        resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        return {
            "ProcessingResources": {"ClusterConfig": resources},
            "AppSpecification": specification,
            "RoleArn": ROLE,
            "ProcessingInputs": [
                {
                    "InputName": "code",
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": f"{local}/input/code",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/out",
                            "LocalPath": f"{local}/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": SECONDS},
            **changes,
        }

    # Pipelines

    def pipeline(self, name: str, *steps: dict[str, Any], **document: Any) -> str:
        definition = {"Version": "2020-12-01", "Steps": list(steps), **document}
        self.call(
            "CreatePipeline",
            PipelineName=name,
            ClientRequestToken=uuid.uuid4().hex,
            RoleArn=ROLE,
            PipelineDefinition=json.dumps(definition),
        )
        return name

    def start(self, name: str, **request: Any) -> str:
        request = {"ClientRequestToken": uuid.uuid4().hex, **request}
        return str(
            self.call("StartPipelineExecution", PipelineName=name, **request)[
                "PipelineExecutionArn"
            ]
        )

    def finished(self, arn: str) -> dict[str, Any]:
        """Wait for an execution and describe it."""
        assert self.runtime.runner.wait(arn.rpartition("/")[2], SECONDS)
        return self.call("DescribePipelineExecution", PipelineExecutionArn=arn)

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """Step entries by name, in the order of their starts."""
        listed = self.call(
            "ListPipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Return as soon as the condition holds."""
    return wait_until


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    """Whether there is a process of this id that has not ended."""
    return is_alive


@pytest.fixture(scope="session")
def children() -> Callable[[int], list[int]]:
    """The processes that one is the parent of."""
    return children_of


@pytest.fixture(scope="session")
def data_processes() -> Callable[[], list[int]]:
    """The processes that hold the data of training jobs."""
    return nests


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    opened = Local(tmp_path_factory.mktemp("local"))
    yield opened
    opened.runtime.close()
