"""Versions of a pipeline: what they are called, and which of them an execution takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.embedded import Embedded

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"


def definition(message: str) -> str:
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return json.dumps({"Version": "2020-12-01", "Steps": [step]})


@pytest.fixture
def arn(sagemaker: Any, name: str) -> str:
    """A pipeline with the versions 1, called `first`, and 2."""
    request = {"PipelineName": name, "RoleArn": ROLE, "PipelineVersionAliases": ["first"]}
    created = sagemaker.create_pipeline(**request, PipelineDefinition=definition("one"))
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition("two"))
    return str(created["PipelineArn"])


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_version_gets_a_name_a_description_and_other_aliases(sagemaker: Any, arn: str) -> None:
    operations = {"Remove": ["first"], "Add": ["live", "v.1"]}
    answer = sagemaker.update_pipeline_version(
        PipelineArn=arn,
        PipelineVersionId=1,
        PipelineVersionDisplayName="Good",
        PipelineVersionDescription="the one that worked",
        PipelineVersionAliasOperations=operations,
    )
    assert (answer["PipelineArn"], answer["PipelineVersionId"]) == (arn, 1)
    found = sagemaker.describe_pipeline(PipelineName=arn, PipelineVersionAlias="live")
    assert found["PipelineDefinition"] == definition("one")
    assert found["PipelineVersionDisplayName"] == "Good"
    assert found["PipelineVersionDescription"] == "the one that worked"
    assert found["PipelineVersionAliases"] == ["live", "v.1"]
    assert "PipelineVersionDisplayName" not in sagemaker.describe_pipeline(PipelineName=arn)
    listed = sagemaker.list_pipeline_versions(PipelineName=arn)["PipelineVersionSummaries"]
    assert [entry.get("PipelineVersionDisplayName") for entry in listed] == [None, "Good"]


@pytest.mark.parametrize(
    ("version", "operations", "told"),
    [
        (2, {"Add": ["first"]}, "ValidationException: The version alias 'first' belongs to version 1."),
        (2, {"Add": ["7"]}, "ValidationException: The version alias '7' is refused"),
        (2, {"Remove": ["none"]}, "ValidationException: Version 2 has no alias 'none'; it has []."),
        (1, {"Add": ["first"]}, "ValidationException: PipelineVersionAliases has an alias twice."),
        (1, {"Add": [f"a{n}" for n in range(10)]}, "ValidationException: A version has at most 10"),
        (9, {"Add": ["a"]}, "ResourceNotFound: "),
    ],
)  # fmt: skip
def test_what_a_version_cannot_be_called_is_refused(
    sagemaker: Any, arn: str, version: int, operations: dict[str, Any], told: str
) -> None:
    request = {"PipelineArn": arn, "PipelineVersionId": version}
    message = refused(
        lambda: sagemaker.update_pipeline_version(
            **request, PipelineVersionAliasOperations=operations
        )
    )
    assert message.startswith(told)
    again = sagemaker.describe_pipeline(PipelineName=arn, PipelineVersionAlias="first")
    assert again["PipelineVersionAliases"] == ["first"]


def test_an_execution_takes_the_version_it_is_asked_for(
    sagemaker: Any, embedded: Embedded, arn: str
) -> None:
    def said(**version: Any) -> tuple[str, str]:
        execution = sagemaker.start_pipeline_execution(PipelineName=arn, **version)
        found = execution["PipelineExecutionArn"]
        assert embedded.runtime.runner.wait(found.rpartition("/")[2], 60)
        listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=found)
        return found, listed["PipelineExecutionSteps"][0]["FailureReason"]

    newest, text = said()
    assert text == "two"
    by_alias, text = said(PipelineVersionAlias="first")
    assert text == "one"
    by_number, text = said(PipelineVersionId=1)
    assert text == "one"
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=by_alias)
    assert (described["PipelineVersionId"], described["PipelineVersionAliases"]) == (1, ["first"])
    used = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=by_number)
    assert used["PipelineDefinition"] == definition("one")
    listed = sagemaker.list_pipeline_executions(PipelineName=arn, PipelineVersionAlias="first")
    arns = [entry["PipelineExecutionArn"] for entry in listed["PipelineExecutionSummaries"]]
    assert arns == [by_number, by_alias]
    versions = sagemaker.list_pipeline_versions(PipelineName=arn)["PipelineVersionSummaries"]
    assert [v["LastExecutionPipelineExecutionArn"] for v in versions] == [newest, by_number]
    start = sagemaker.start_pipeline_execution
    assert refused(lambda: start(PipelineName=arn, PipelineVersionId=3)).startswith(
        "ResourceNotFound: "
    )
    both = {"PipelineVersionAlias": "first", "PipelineVersionId": 1}
    assert "together" in refused(lambda: start(PipelineName=arn, **both))


def test_an_older_version_of_a_definition_in_s3_is_refused(
    sagemaker: Any, s3: Any, bucket: str, arn: str
) -> None:
    s3.put_object(Bucket=bucket, Key="p.json", Body=definition("three").encode())
    location = {"Bucket": bucket, "ObjectKey": "p.json", "VersionId": "old"}
    message = refused(
        lambda: sagemaker.update_pipeline(
            PipelineName=arn.rpartition("/")[2], PipelineDefinitionS3Location=location
        )
    )
    assert "keeps only the latest version" in message
