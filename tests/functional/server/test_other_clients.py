"""Clients that are not ours: the AWS CLI, the SageMaker SDK's resources, and boto3 for the services moto answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

AWS = Path(sys.executable).with_name("aws")
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
STEP = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
DEFINITION = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [STEP]})
# With nothing but the served runtime's variables in its environment.
SDK = """
import sys
from sagemaker.core.resources import ModelPackageGroup, Pipeline
role, definition, token = sys.argv[1:]
Pipeline.create(
    pipeline_name="sdk", role_arn=role, pipeline_definition=definition, client_request_token=token
)
found = Pipeline.get(pipeline_name="sdk")
ModelPackageGroup.create(model_package_group_name="sdk-group")
print(found.pipeline_status, found.role_arn == role, found.creation_time.year > 2000)
print([group.model_package_group_name for group in ModelPackageGroup.get_all()])
found.delete(client_request_token=token)
print("sdk" in [pipeline.pipeline_name for pipeline in Pipeline.get_all()])
"""


@pytest.fixture(scope="module")
def variables(url: str) -> Mapping[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        # Whatever would leave this machine meets a closed door.
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }


@pytest.fixture
def aws(variables: Mapping[str, str]) -> Callable[..., str]:
    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, str(AWS), *words],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout or done.stderr

    return run


def test_the_aws_cli_moves_files(aws: Callable[..., str], tmp_path: Path) -> None:
    tree, copy = tmp_path / "tree", tmp_path / "copy"
    (tree / "a b").mkdir(parents=True)
    (tree / "small.csv").write_text("1,2\n")
    (tree / "a b" / "größe.bin").write_bytes(os.urandom(9 * 1024 * 1024))  # in parts
    aws("s3", "mb", "s3://cli-bucket")
    aws("s3", "cp", "--recursive", "--no-progress", str(tree), "s3://cli-bucket/t")
    listed = aws("s3", "ls", "--recursive", "s3://cli-bucket")
    assert [line.split(maxsplit=3)[3] for line in listed.splitlines()] == [
        "t/a b/größe.bin",
        "t/small.csv",
    ]
    aws("s3", "sync", "--no-progress", "s3://cli-bucket/t", str(copy))
    for path in ("small.csv", "a b/größe.bin"):
        assert (copy / path).read_bytes() == (tree / path).read_bytes()
    assert aws("s3", "sync", "--no-progress", "s3://cli-bucket/t", str(copy)) == ""
    aws("s3", "rb", "--force", "s3://cli-bucket")
    assert "cli-bucket" not in aws("s3", "ls")


def test_the_aws_cli_manages_pipelines(aws: Callable[..., str]) -> None:
    identity = json.loads(aws("sts", "get-caller-identity"))
    assert identity["Account"] == "123456789012"
    create = ("create-pipeline", "--pipeline-name", "cli", "--role-arn", ROLE)
    created = aws("sagemaker", *create, "--pipeline-definition", DEFINITION)
    assert json.loads(created)["PipelineArn"].endswith(":pipeline/cli")
    described = json.loads(aws("sagemaker", "describe-pipeline", "--pipeline-name", "cli"))
    assert described["PipelineDefinition"] == DEFINITION
    unknown = aws("sagemaker", "describe-pipeline", "--pipeline-name", "no", code=255)
    assert "ResourceNotFound" in unknown


def test_the_sdks_resources_find_what_they_create(variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SDK, ROLE, DEFINITION, "t" * 32],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines()[-3:] == [
        "Active True True",
        "['sdk-group']",
        "False",
    ], done.stderr


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("iam", "list_roles", "Roles"),
        ("scheduler", "list_schedules", "Schedules"),
        ("logs", "describe_log_groups", "logGroups"),
        ("cloudwatch", "list_metrics", "Metrics"),
        ("ecr", "describe_repositories", "repositories"),
        ("kms", "list_keys", "Keys"),
        ("secretsmanager", "list_secrets", "SecretList"),
        ("ssm", "describe_parameters", "Parameters"),
        ("sqs", "list_queues", "ResponseMetadata"),
        ("dynamodb", "list_tables", "TableNames"),
    ],
)
def test_the_services_around_it_answer(
    client: Callable[[str], Any], service: str, operation: str, member: str
) -> None:
    assert member in getattr(client(service), operation)()


def test_what_sagemaker_only_keeps_on_record_is_kept(client: Callable[[str], Any]) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_experiment(ExperimentName="houses")
    sagemaker.create_trial(TrialName="first", ExperimentName="houses")
    found = sagemaker.list_trials(ExperimentName="houses")["TrialSummaries"]
    assert [trial["TrialName"] for trial in found] == ["first"]
    assert sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"] == []


def test_what_would_have_to_run_is_refused_by_name(client: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError) as raised:
        client("sagemaker").create_endpoint(EndpointName="live", EndpointConfigName="live")
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "CreateEndpoint" in raised.value.response["Error"]["Message"]
