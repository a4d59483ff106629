"""Executions of small pipelines in a real runtime: served by this process, or left in a state directory."""

from __future__ import annotations

import json
import uuid

import boto3
import pytest

from runtime.embedded import open_embedded
from runtime.serving import serve

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BUCKET = "test-bucket"


class Account:
    """What a test has deployed and run, through a client of its own."""

    def __init__(self, client):
        self.sagemaker = client("sagemaker")
        self.s3 = client("s3")
        if not self.s3.list_buckets()["Buckets"]:
            self.s3.create_bucket(Bucket=BUCKET)

    def script(self, name, code, *arguments, depends_on=(), **step):
        """A processing step that runs Python code; its output is the file out/report.json."""
        key = f"code/{uuid.uuid4().hex}/run.py"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=code.encode())
        folder = "/opt/ml/processing"
        source = {
            "S3Uri": f"s3://{BUCKET}/{key}",
            "LocalPath": f"{folder}/input/code",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        application = {
            "ImageUri": SKLEARN,
            "ContainerEntrypoint": ["python3", f"{folder}/input/code/run.py"],
        }
        if arguments:
            application["ContainerArguments"] = list(arguments)
        resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        request = {
            "ProcessingResources": {"ClusterConfig": resources},
            "AppSpecification": application,
            "RoleArn": ROLE,
            "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        return {
            "Name": name,
            "Type": "Processing",
            "Arguments": request,
            "DependsOn": list(depends_on),
            **step,
        }

    def tuning(self, name, trials):
        """A tuning step of XGBoost on a few rows, two rounds a trial."""
        rows = "".join(f"{x * 2},{x},{x % 7}\n" for x in range(50))
        channels = []
        for channel in ("train", "validation"):
            self.s3.put_object(Bucket=BUCKET, Key=f"rows/{channel}/rows.csv", Body=rows.encode())
            source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/{channel}"}
            channels.append(
                {
                    "ChannelName": channel,
                    "ContentType": "text/csv",
                    "DataSource": {"S3DataSource": source},
                }
            )
        instances = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
        training = {
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": instances,
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "StaticHyperParameters": {"num_round": "2", "objective": "reg:squarederror"},
        }
        ranges = [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.9"}]
        objective = {"Type": "Minimize", "MetricName": "validation:rmse"}
        config = {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"ContinuousParameterRanges": ranges},
            "RandomSeed": 1,
        }
        request = {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": training}
        return {"Name": name, "Type": "Tuning", "Arguments": request}

    def deploy(self, name, *steps, parameters=()):
        document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
        request = {"PipelineDefinition": json.dumps(document), "RoleArn": ROLE}
        known = [each["PipelineName"] for each in self._pipelines()]
        if name in known:
            self.sagemaker.update_pipeline(PipelineName=name, **request)
        else:
            self.sagemaker.create_pipeline(PipelineName=name, **request)
        return name

    def _pipelines(self):
        return self.sagemaker.list_pipelines(MaxResults=100)["PipelineSummaries"]

    def start(self, name, **parameters):
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        answer = self.sagemaker.start_pipeline_execution(
            PipelineName=name, **({"PipelineParameters": given} if given else {})
        )
        return answer["PipelineExecutionArn"]

    def status(self, arn):
        found = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return found["PipelineExecutionStatus"]

    def ended(self, arn, wait_for):
        wait_for(lambda: self.status(arn) not in ("Executing", "Stopping"))
        return self.status(arn)

    def steps(self, arn):
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


@pytest.fixture(scope="module")
def served_directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("state")
    with serve(directory) as server:
        yield directory, server.url


@pytest.fixture
def account(served_directory, monkeypatch):
    """A runtime that serves the commands' state directory."""
    directory, url = served_directory
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(directory))
    monkeypatch.setattr("pipelines.deploy.watching.watch.LOCAL", 0.02)
    session = boto3.Session(
        aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )
    return Account(lambda service: session.client(service, endpoint_url=url))


@pytest.fixture
def left_behind(tmp_path, monkeypatch):
    """Fill a state directory that no process serves afterwards: call it with what is to be done there."""
    directory = tmp_path / "state"
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(directory))
    monkeypatch.setattr("pipelines.deploy.watching.watch.LOCAL", 0.02)

    def fill(work):
        with open_embedded(directory) as embedded:
            return work(Account(embedded.boto_session("us-east-1").client))

    return fill


@pytest.fixture(scope="session")
def wait_for():
    """Return as soon as the condition holds."""
    import threading
    import time

    def wait(condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            threading.Event().wait(0.01)

    return wait
