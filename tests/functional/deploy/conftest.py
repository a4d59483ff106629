"""A SageMaker that plays a script instead of running jobs, beside moto's S3: for the commands alone."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from moto import mock_aws

from params.environment import load
from pipelines.deploy import deployer, sources, synth
from pipelines.deploy.aws import Aws
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.models import Asset, Synthesis

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
EXECUTION = f"{ARN}:pipeline/tiny/execution/abcdefghijkl"
START = datetime(2026, 1, 1, tzinfo=UTC)
_MODEL = botocore.session.Session().get_service_model("sagemaker")


class Paginator:
    def __init__(self, call):
        self._call = call

    def paginate(self, **request):
        return [self._call(**request)]


class ScriptedSageMaker:
    """Requests are checked against botocore's model; an execution shows the next frame at each look."""

    def __init__(self):
        self.calls = []
        self.pipelines = {}
        self.tags = {}
        self.jobs = {}
        self.frames = [("Succeeded", [])]
        self.fail = {}
        self.meta = type("Meta", (), {"endpoint_url": "http://scripted"})

    def __getattr__(self, operation):
        handler = object.__getattribute__(self, f"_{operation}")

        def call(**request):
            name = "".join(part.title() for part in operation.split("_"))
            name = name.replace("HyperParameter", "HyperParameter")
            shape = _MODEL.operation_model(name).input_shape
            token = {"ClientRequestToken": "0" * 32}
            needs_token = "ClientRequestToken" in shape.required_members
            validate_parameters(request | (token if needs_token else {}), shape)
            self.calls.append((operation, request))
            if operation in self.fail:
                code, message = self.fail[operation]
                raise ClientError({"Error": {"Code": code, "Message": message}}, name)
            return handler(request)

        return call

    def get_paginator(self, operation):
        return Paginator(getattr(self, operation))

    def written(self):
        return [name for name, _ in self.calls if name.split("_")[0] not in ("describe", "list")]

    def _describe_pipeline(self, request):
        if request["PipelineName"] not in self.pipelines:
            raise ClientError({"Error": {"Code": "ResourceNotFound"}}, "DescribePipeline")
        return self.pipelines[request["PipelineName"]]

    def _create_pipeline(self, request):
        arn = f"{ARN}:pipeline/{request['PipelineName']}"
        self.tags[arn] = request.pop("Tags", [])
        self.pipelines[request["PipelineName"]] = {**request, "PipelineArn": arn}
        return {"PipelineArn": arn}

    def _update_pipeline(self, request):
        self.pipelines[request["PipelineName"]] |= request
        return {"PipelineArn": self.pipelines[request["PipelineName"]]["PipelineArn"]}

    def _update_pipeline_version(self, request):
        return {"PipelineArn": request["PipelineArn"], "PipelineVersionId": 1}

    def _describe_pipeline_definition_for_execution(self, request):
        return {"PipelineDefinition": self.pipelines["tiny"]["PipelineDefinition"]}

    def _list_pipeline_parameters_for_execution(self, request):
        return {"PipelineParameters": []}

    def _list_pipeline_executions(self, request):
        return {"PipelineExecutionSummaries": []}

    def _list_tags(self, request):
        return {"Tags": self.tags[request["ResourceArn"]]}

    def _add_tags(self, request):
        before = {tag["Key"]: tag for tag in self.tags[request["ResourceArn"]]}
        after = before | {tag["Key"]: tag for tag in request["Tags"]}
        self.tags[request["ResourceArn"]] = list(after.values())
        return {}

    def _start_pipeline_execution(self, request):
        return {"PipelineExecutionArn": EXECUTION}

    def _stop_pipeline_execution(self, request):
        self.frames = [("Stopped", [])]
        return {}

    def _describe_pipeline_execution(self, request):
        if len(self.frames) > 1:
            self.frames.pop(0)
        return {
            "PipelineExecutionStatus": self.frames[0][0],
            "CreationTime": START,
            "LastModifiedTime": START + timedelta(seconds=42),
        }

    def _list_pipeline_execution_steps(self, request):
        return {"PipelineExecutionSteps": self.frames[0][1]}

    def _list_training_jobs_for_hyper_parameter_tuning_job(self, request):
        return {"TrainingJobSummaries": []}

    def _described(self, member):
        return lambda request: self.jobs[request[member]]

    _describe_processing_job = property(lambda self: self._described("ProcessingJobName"))
    _describe_training_job = property(lambda self: self._described("TrainingJobName"))
    _describe_model_package = property(lambda self: self._described("ModelPackageName"))
    _describe_hyper_parameter_tuning_job = property(
        lambda self: self._described("HyperParameterTuningJobName")
    )


def step(name, status, metadata=None, seconds=None, **members):
    """An entry of ListPipelineExecutionSteps."""
    end = {} if seconds is None else {"EndTime": START + timedelta(seconds=seconds)}
    return {
        "StepName": name,
        "StepStatus": status,
        "StartTime": START,
        "Metadata": metadata or {},
        **end,
        **members,
    }


def document():
    bucket = load("local").bucket
    uri = f"s3://{bucket}/house-price-pipelines/data/houses.csv"
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "InputDataUri", "Type": "String", "DefaultValue": uri},
            {"Name": "Rounds", "Type": "Integer", "DefaultValue": 3},
            {"Name": "Loss", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        ],
        "Steps": [
            {"Name": "Prepare", "Type": "Processing", "Arguments": {}},
            {"Name": "Tune", "Type": "Tuning", "Arguments": {}, "DependsOn": ["Prepare"]},
            {
                "Name": "Evaluate",
                "Type": "Processing",
                "Arguments": {
                    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "evaluation"}]}
                },
                "DependsOn": ["Tune"],
                "PropertyFiles": [
                    {
                        "PropertyFileName": "Report",
                        "OutputName": "evaluation",
                        "FilePath": "evaluation.json",
                    }
                ],
            },
        ],
    }


@pytest.fixture
def steps():
    return step


@pytest.fixture
def composition(monkeypatch, tmp_path):
    """The composed pipeline `tiny`; tests may change its document."""
    script = tmp_path / "prepare.py"
    script.write_text("print('hello')\n")
    tiny = document()

    def cached(name, environment, *, use):
        asset = Asset(script, environment.bucket, f"{environment.prefix}/assets/0a1b/prepare.py")
        return Synthesis(name, "A tiny pipeline.", json.dumps(tiny), (asset,))

    monkeypatch.setattr(sources, "cached", cached)
    # A sketch, whose requests no service would take: the rules have tests of their own.
    monkeypatch.setattr(deployer, "gate", lambda *_, **__: [])
    for module in (synth, sources, deployer):
        monkeypatch.setattr(module, "composition_names", lambda: ("tiny",))
    return tiny


@pytest.fixture
def s3():
    with mock_aws():
        yield boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )


@pytest.fixture
def sagemaker(monkeypatch, s3, composition, tmp_path):
    """The commands talk to this instead of a runtime; the state directory is tmp_path/state."""
    scripted = ScriptedSageMaker()

    @contextmanager
    def open_endpoint(environment):
        state = None if environment.runtime is None else tmp_path / "state"
        yield Endpoint(Aws(scripted, s3), "scripted", state)

    monkeypatch.setattr(deployer, "open_endpoint", open_endpoint)
    monkeypatch.setattr("pipelines.deploy.watching.watch.LOCAL", 0.01)
    return scripted
