from __future__ import annotations

from dataclasses import replace

import pytest

from params.environment import load
from params.jobs import Jobs
from pipelines.deploy.bootstrap import stacks
from pipelines.deploy.bootstrap.stacks import STACKS, Place
from pipelines.deploy.synth import composition_names

PLACE = Place("aws-cn", "cn-north-1", "123456789012")
BY_CONCERN = {each.concern: each for each in STACKS}


@pytest.fixture
def environment():
    return load("dev", variables=stacks.STAND_INS)


def with_infra(environment, **values):
    return replace(environment, infra=replace(environment.infra, **values))


def test_stacks_are_named_after_project_environment_and_concern(environment):
    assert [stacks.name(environment, each) for each in STACKS] == [
        "house-price-dev-storage",
        "house-price-dev-roles",
        "house-price-dev-delivery",
        "house-price-dev-triggers",
        "house-price-dev-github-oidc",
    ]


def test_the_bucket_s_name_fits_whatever_the_settings_allow(environment):
    # 20 is the longest project; the longest region's name has 14 characters.
    longest = with_infra(environment, project="p" * 20)
    name = stacks.bucket(replace(longest, name="production"), replace(PLACE, region="r" * 14))
    assert len(name) <= 63


def test_ci_is_there_when_the_settings_name_it(environment):
    def wanted(**values):
        infra = with_infra(environment, **values).infra
        return {each.concern for each in STACKS if each.wanted(infra)}

    always = {"storage", "roles", "triggers"}
    assert wanted() == always
    assert wanted(connection="arn") == {*always, "delivery"}
    assert wanted(github_actions=True) == {*always, "github-oidc"}


def test_parameters_are_of_the_partition_region_and_account(environment):
    given = stacks.parameters(environment, BY_CONCERN["roles"], PLACE, {})
    home = "house-price-dev-123456789012-cn-north-1"
    sagemaker = "arn:aws-cn:sagemaker:cn-north-1:123456789012"
    assert given["PipelineArns"] == ",".join(
        f"{sagemaker}:pipeline/{name}" for name in composition_names()
    )
    assert given["ModelPackageArns"].split(",")[0] == f"{sagemaker}:model-package/house-price/*"
    assert given["OutputArns"].split(",")[0] == (
        f"arn:aws-cn:s3:::{home}/house-price-pipelines/house-price/*"
    )


def test_outputs_of_earlier_stacks_replace_what_stood_in_for_them(environment):
    stack = BY_CONCERN["delivery"]
    planned = stacks.parameters(environment, stack, PLACE, {})
    assert planned["PipelineRoleArn"] == "arn:aws-cn:iam::123456789012:role/known-when-made"
    outputs = {"PipelineRoleArn": "arn:role", "BucketName": "b", "TopicArn": "arn:topic"}
    given = stacks.parameters(environment, stack, PLACE, outputs)
    assert (given["PipelineRoleArn"], given["BucketName"]) == ("arn:role", "b")
    assert set(given) == set(stack.parameters)


def test_a_schedule_gives_the_environment_s_own_defaults(environment):
    given = stacks.parameters(environment, BY_CONCERN["triggers"], PLACE, {})
    home = "house-price-dev-123456789012-cn-north-1"
    assert given["ScheduleInputUri"] == f"s3://{home}/house-price-pipelines/data/houses.csv"
    assert given["ScheduleApprovalStatus"] == "PendingManualApproval"
    assert given["IncomingPrefix"] == "house-price-pipelines/incoming/"
    without = with_infra(environment, incoming="")
    given = stacks.parameters(without, BY_CONCERN["triggers"], PLACE, {})
    assert given["IncomingPrefix"] == ""


def test_a_pipeline_that_cannot_be_started_with_data_is_a_problem(environment):
    without = replace(environment, parameters={"house-price": {"InputDataUri": "s3://b/k"}})
    [problem] = stacks.problems(without)
    assert "'parameters.house-price.ModelApprovalStatus' is missing" in problem
    assert list(stacks.problems(environment)) == []


def test_the_roles_are_told_of_network_key_and_branches_when_the_settings_have_them(environment):
    def given(jobs=None, **infra):
        chosen = replace(with_infra(environment, **infra), jobs=jobs or Jobs())
        return stacks.parameters(chosen, BY_CONCERN["roles"], PLACE, {})

    assert (given()["UsesVpc"], given()["KeyArn"]) == ("false", "")
    secured = given(Jobs(subnets=("subnet-0a1b2c3d",), kms_key="0a1b"))
    assert secured["UsesVpc"] == "true"
    assert secured["KeyArn"] == "arn:aws-cn:kms:cn-north-1:123456789012:key/0a1b"
    assert given(Jobs(kms_key=secured["KeyArn"]))["KeyArn"] == secured["KeyArn"]
    assert "*," not in given()["PipelineArns"]
    assert "pipeline/house-price-*," in given(branches=True)["PipelineArns"]


def test_a_key_s_alias_cannot_be_given_to_a_role(environment):
    [problem] = stacks.problems(replace(environment, jobs=Jobs(kms_key="alias/models")))
    assert "'jobs.kms_key' is the alias 'alias/models'" in problem


def test_upsert_s_variables_come_from_the_outputs_that_are_there(environment):
    assert stacks.variables(environment, PLACE, {"BucketName": "b", "TopicArn": "t"}) == {
        "ARTIFACT_BUCKET": "b",
        "AWS_REGION": "us-east-1",
        "SAGEMAKER_PIPELINE_ACCOUNT": PLACE.account,
    }
