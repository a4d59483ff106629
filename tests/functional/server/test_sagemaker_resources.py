"""Pipelines, models, the registry, tags and identity as boto3 sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.embedded import Embedded
from runtime.server.protocol import service

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def definition(message: str = "x") -> str:
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step]})


def create(sagemaker: Any, name: str, **more: Any) -> dict[str, Any]:
    request = {"PipelineName": name, "RoleArn": ROLE, "PipelineDefinition": definition(), **more}
    return dict(sagemaker.create_pipeline(**request))


def test_a_pipeline_is_described_as_it_was_created(sagemaker: Any, name: str) -> None:
    tags = [{"Key": "team", "Value": "prices"}]
    assert create(sagemaker, name, PipelineDescription="d", Tags=tags)["PipelineArn"] == (
        f"{ARN}:pipeline/{name}"
    )
    found = sagemaker.describe_pipeline(PipelineName=name)
    assert found["PipelineDefinition"] == definition()
    assert (found["PipelineStatus"], found["PipelineDescription"]) == ("Active", "d")
    assert found["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:sts::123456789012:assumed")
    assert sagemaker.describe_pipeline(PipelineName=f"{ARN}:pipeline/{name}")["RoleArn"] == ROLE
    assert sagemaker.list_tags(ResourceArn=found["PipelineArn"])["Tags"] == tags


def test_a_taken_name_is_refused_unless_it_is_the_same_request_again(
    sagemaker: Any, name: str
) -> None:
    token = "t" * 32
    first = create(sagemaker, name, ClientRequestToken=token)
    assert create(sagemaker, name, ClientRequestToken=token)["PipelineArn"] == first["PipelineArn"]
    code, message = refused(lambda: create(sagemaker, name))
    assert code == "ValidationException"
    assert message == (
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name ({name}) already exists."
    )


def test_an_unknown_pipeline_is_resource_not_found(sagemaker: Any) -> None:
    for call in (
        lambda: sagemaker.describe_pipeline(PipelineName="nowhere"),
        lambda: sagemaker.update_pipeline(PipelineName="nowhere"),
        lambda: sagemaker.delete_pipeline(PipelineName="nowhere"),
        lambda: sagemaker.list_pipeline_versions(PipelineName="nowhere"),
    ):
        assert refused(call) == (
            "ResourceNotFound",
            f"Pipeline '{ARN}:pipeline/nowhere' does not exist.",
        )


def test_only_a_changed_definition_makes_a_version(sagemaker: Any, name: str) -> None:
    create(sagemaker, name)
    same = sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition())
    described = sagemaker.update_pipeline(PipelineName=name, PipelineDescription="new")
    changed = sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition("y"))
    numbers = [answer["PipelineVersionId"] for answer in (same, described, changed)]
    assert numbers == [1, 1, 2]
    versions = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [version["PipelineVersionId"] for version in versions] == [2, 1]
    latest = sagemaker.describe_pipeline(PipelineName=name)
    assert (latest["PipelineDefinition"], latest["PipelineDescription"]) == (definition("y"), "new")
    first = sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    assert first["PipelineDefinition"] == definition()
    code, _ = refused(lambda: sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=9))
    assert code == "ResourceNotFound"


def test_a_version_is_found_by_its_alias(sagemaker: Any, name: str) -> None:
    def version(alias: str) -> Any:
        return sagemaker.describe_pipeline(PipelineName=name, PipelineVersionAlias=alias)

    create(sagemaker, name, PipelineVersionAliases=["first", "v.1"])
    update = partial(sagemaker.update_pipeline, PipelineName=name)
    update(PipelineDefinition=definition("y"), PipelineVersionAliases=["second"])
    assert version("v.1")["PipelineDefinition"] == definition()
    assert version("second")["PipelineDefinition"] == definition("y")
    assert version("second")["PipelineVersionAliases"] == ["second"]
    versions = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [v["PipelineVersionAliases"] for v in versions] == [["second"], ["first", "v.1"]]
    assert refused(lambda: version("third"))[0] == "ResourceNotFound"
    new = definition("z")
    for aliases, told in ((["first"], "version 1"), (["7"], "digits"), (["a", "a"], "twice")):
        code, message = refused(
            lambda aliases=aliases: update(PipelineDefinition=new, PipelineVersionAliases=aliases)
        )
        assert (code, told in message) == ("ValidationException", True)
    assert "definition" in refused(lambda: update(PipelineVersionAliases=["third"]))[1]
    both = {"PipelineVersionAlias": "first", "PipelineVersionId": 1}
    assert refused(lambda: sagemaker.describe_pipeline(PipelineName=name, **both))[0] == (
        "ValidationException"
    )


def test_a_definition_can_lie_in_s3(sagemaker: Any, s3: Any, bucket: str, name: str) -> None:
    s3.put_object(Bucket=bucket, Key="p.json", Body=definition().encode())
    location = {"Bucket": bucket, "ObjectKey": "p.json"}
    request = {"PipelineName": name, "RoleArn": ROLE}
    sagemaker.create_pipeline(**request, PipelineDefinitionS3Location=location)
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == definition()
    both = {"PipelineDefinition": definition(), "PipelineDefinitionS3Location": location}
    other = {**request, "PipelineName": f"{name}-other"}
    assert (
        "Both Pipeline Definition" in refused(lambda: sagemaker.create_pipeline(**other, **both))[1]
    )
    assert "Either Pipeline Definition" in refused(lambda: sagemaker.create_pipeline(**other))[1]
    missing = {"Bucket": bucket, "ObjectKey": "no.json"}
    code, message = refused(
        lambda: sagemaker.create_pipeline(**other, PipelineDefinitionS3Location=missing)
    )
    assert (code, "no.json" in message) == ("ValidationException", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{not json", "not JSON"),
        ("[]", "Expecting start of Json Object."),
        ('{"Version": "1", "Steps": []}', "/Version"),
        (
            json.dumps(
                {
                    "Version": "2020-12-01",
                    "Steps": [
                        {
                            "Name": "A",
                            "Type": "Fail",
                            "Arguments": {"ErrorMessage": {"Get": "Parameters.No"}},
                        }
                    ],
                }
            ),
            "No",
        ),
    ],
)
def test_a_bad_definition_is_refused_with_its_place(
    sagemaker: Any, name: str, text: str, expected: str
) -> None:
    code, message = refused(lambda: create(sagemaker, name, PipelineDefinition=text))
    assert code == "ValidationException"
    assert message.startswith("Unable to parse pipeline definition. ")
    assert expected in message


def test_all_broken_constraints_are_told_at_once(sagemaker: Any) -> None:
    code, message = refused(
        lambda: sagemaker.create_pipeline(
            PipelineName="bad_name", RoleArn="not-an-arn-of-a-role", ClientRequestToken="t" * 32
        )
    )
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: Value 'bad_name' at 'pipelineName'")


def test_pipelines_are_listed_by_prefix_and_page(sagemaker: Any, name: str) -> None:
    for number in range(3):
        create(sagemaker, f"{name}x{number}")
    pages = sagemaker.get_paginator("list_pipelines").paginate(
        PipelineNamePrefix=f"{name}x",
        SortBy="Name",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": 2},
    )
    sizes = [[p["PipelineName"] for p in page["PipelineSummaries"]] for page in pages]
    assert sizes == [[f"{name}x0", f"{name}x1"], [f"{name}x2"]]


def test_a_deleted_pipeline_takes_versions_executions_and_tags_along(
    sagemaker: Any, embedded: Embedded, name: str
) -> None:
    create(sagemaker, name, Tags=[{"Key": "a", "Value": "b"}])
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    embedded.runtime.runner.wait(arn.rpartition("/")[2])
    sagemaker.delete_pipeline(PipelineName=name)
    for call in (
        lambda: sagemaker.describe_pipeline(PipelineName=name),
        lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
    ):
        assert refused(call)[0] == "ResourceNotFound"
    create(sagemaker, name)
    assert sagemaker.list_tags(ResourceArn=f"{ARN}:pipeline/{name}")["Tags"] == []
    assert sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_a_pipeline_with_a_running_execution_stays(
    sagemaker: Any, embedded: Embedded, name: str
) -> None:
    create(sagemaker, name)
    arn = f"{ARN}:pipeline/{name}/execution/abcdefabcdef"
    running = {
        "PipelineArn": f"{ARN}:pipeline/{name}",
        "PipelineName": name,
        "PipelineExecutionArn": arn,
        "PipelineExecutionStatus": "Executing",
    }
    embedded.runtime.records.put("Execution", "abcdefabcdef", running)
    code, message = refused(lambda: sagemaker.delete_pipeline(PipelineName=name))
    embedded.runtime.records.delete("Execution", "abcdefabcdef")
    assert (code, arn in message) == ("ConflictException", True)


def test_a_model_needs_its_artifact(sagemaker: Any, s3: Any, bucket: str, name: str) -> None:
    uri = f"s3://{bucket}/model.tar.gz"
    container = {"Image": IMAGE, "ModelDataUrl": uri}
    request = {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    missing = ("ValidationException", f"Could not find model data at {uri}.")
    assert refused(lambda: sagemaker.create_model(**request)) == missing
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=b"x")
    arn = f"{ARN}:model/{name}"
    assert sagemaker.create_model(**request)["ModelArn"] == arn
    taken = ("ValidationException", f'Cannot create already existing model "{arn}".')
    assert refused(lambda: sagemaker.create_model(**request)) == taken
    assert sagemaker.describe_model(ModelName=name)["PrimaryContainer"] == container
    assert name in [m["ModelName"] for m in sagemaker.list_models()["Models"]]
    sagemaker.delete_model(ModelName=name)
    gone = ("ValidationException", f'Could not find model "{arn}".')
    assert refused(lambda: sagemaker.describe_model(ModelName=name)) == gone


def package(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": name,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **more,
    }


def test_registering_makes_the_group_and_counts_versions(sagemaker: Any, name: str) -> None:
    group = f"{name}-Group"  # the case of a name is kept
    first = sagemaker.create_model_package(**package(group, CustomerMetadataProperties={"a": "1"}))
    second = sagemaker.create_model_package(**package(group, ModelApprovalStatus="Approved"))
    assert first["ModelPackageArn"] == f"{ARN}:model-package/{group}/1"
    assert second["ModelPackageArn"] == f"{ARN}:model-package/{group}/2"
    found = sagemaker.describe_model_package(ModelPackageName=first["ModelPackageArn"])
    assert (found["ModelPackageVersion"], found["ModelApprovalStatus"]) == (
        1,
        "PendingManualApproval",
    )
    assert (found["ModelPackageStatus"], found["ModelPackageGroupName"]) == ("Completed", group)
    sagemaker.update_model_package(
        ModelPackageArn=first["ModelPackageArn"],
        ModelApprovalStatus="Rejected",
        ApprovalDescription="too slow",
        CustomerMetadataProperties={"b": "2"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    changed = sagemaker.describe_model_package(ModelPackageName=first["ModelPackageArn"])
    assert (changed["ModelApprovalStatus"], changed["ApprovalDescription"]) == (
        "Rejected",
        "too slow",
    )
    assert changed["CustomerMetadataProperties"] == {"b": "2"}
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group)
    assert [p["ModelPackageVersion"] for p in listed["ModelPackageSummaryList"]] == [1, 2]
    approved = sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    assert [p["ModelPackageVersion"] for p in approved["ModelPackageSummaryList"]] == [2]


def test_versions_only_grow_and_a_group_with_packages_stays(sagemaker: Any, name: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    code, message = refused(
        lambda: sagemaker.create_model_package_group(ModelPackageGroupName=name)
    )
    assert (code, "already exists" in message) == ("ValidationException", True)
    arns = [sagemaker.create_model_package(**package(name))["ModelPackageArn"] for _ in range(2)]
    delete_group = partial(sagemaker.delete_model_package_group, ModelPackageGroupName=name)
    assert refused(delete_group)[0] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arns[1])
    third = sagemaker.create_model_package(**package(name))["ModelPackageArn"]
    assert third.endswith("/3")
    for arn in (arns[0], third):
        sagemaker.delete_model_package(ModelPackageName=arn)
    delete_group()
    code, message = refused(
        lambda: sagemaker.describe_model_package_group(ModelPackageGroupName=name)
    )
    assert message == f"ModelPackageGroup {ARN}:model-package-group/{name} does not exist."


def test_a_package_is_updated_twice_and_found_by_its_name_only(sagemaker: Any, name: str) -> None:
    arn = sagemaker.create_model_package(**package(name))["ModelPackageArn"]
    for status in ("Approved", "Rejected"):
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
    found = sagemaker.describe_model_package(ModelPackageName=arn)
    assert found["ModelApprovalStatus"] == "Rejected"
    assert "AdditionalInferenceSpecifications" not in found
    for text, count in ((name, 1), ("sagemaker", 0)):
        listed = sagemaker.list_model_packages(ModelPackageGroupName=name, NameContains=text)
        assert len(listed["ModelPackageSummaryList"]) == count


def test_the_same_registration_sent_twice_is_one_version(sagemaker: Any, name: str) -> None:
    arns = {
        sagemaker.create_model_package(**package(name, ClientToken="once"))["ModelPackageArn"]
        for _ in range(2)
    }
    assert len(arns) == 1


def test_tags_are_added_replaced_and_removed(sagemaker: Any, name: str) -> None:
    arn = create(sagemaker, name, Tags=[{"Key": "a", "Value": "1"}])["PipelineArn"]
    tags = [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]
    assert sagemaker.add_tags(ResourceArn=arn, Tags=tags)["Tags"] == tags
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags[1:]
    reserved = [{"Key": "aws:x", "Value": "1"}]
    assert "aws:" in refused(lambda: sagemaker.add_tags(ResourceArn=arn, Tags=reserved))[1]
    nowhere = f"{ARN}:pipeline/nowhere"
    assert refused(lambda: sagemaker.list_tags(ResourceArn=nowhere))[0] == "ValidationException"


def test_what_the_runtime_does_not_have_is_refused_by_name(sagemaker: Any) -> None:
    code, message = refused(lambda: sagemaker.list_domains())
    assert (code, "ListDomains" in message) == ("UnknownOperationException", True)


def test_the_caller_is_an_assumed_role_that_exists_and_may_everything(
    client: Callable[[str], Any],
) -> None:
    identity = client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/SageMakerPipelineRole/local"
    iam = client("iam")
    assert iam.get_role(RoleName="SageMakerPipelineRole")["Role"]["Arn"] == ROLE
    [decision] = iam.simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    assert (decision["EvalActionName"], decision["EvalDecision"]) == ("s3:GetObject", "allowed")


def test_a_hard_coded_endpoint_is_caught_in_process(embedded: Embedded) -> None:
    session = embedded.boto_session("eu-west-1")
    sts = session.client("sts", endpoint_url="https://sts.eu-west-1.amazonaws.com")
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_answers_keep_to_the_service_model(embedded: Embedded, name: str) -> None:
    api = embedded.runtime.api
    token = "t" * 32
    request = {"PipelineName": name, "RoleArn": ROLE, "PipelineDefinition": definition()}
    api.call("CreatePipeline", {**request, "ClientRequestToken": token})
    api.call("CreateModelPackage", package(name))
    for operation, asked in {
        "DescribePipeline": {"PipelineName": name},
        "ListPipelines": {},
        "ListPipelineVersions": {"PipelineName": name},
        "DescribeModelPackage": {"ModelPackageName": f"{ARN}:model-package/{name}/1"},
        "ListModelPackages": {"ModelPackageGroupName": name},
        "DescribeModelPackageGroup": {"ModelPackageGroupName": name},
        "ListModelPackageGroups": {},
    }.items():
        answer = api.call(operation, asked)
        found: list[str] = []
        assert service().answer_reader(operation)(answer, "", found) == answer
        assert found == []
