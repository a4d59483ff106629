from __future__ import annotations

import cfnlint.api
import pytest

from pipelines.definition.document import parse
from pipelines.deploy.bootstrap.stacks import STACKS, TEMPLATES
from pipelines.deploy.synth import composition_names, synthesise

CONCERNS = [each.concern for each in STACKS]


def test_every_template_is_a_stack_and_every_stack_has_a_template():
    assert {path.stem for path in TEMPLATES.glob("*.yaml")} == set(CONCERNS)


@pytest.mark.parametrize("stack", STACKS, ids=CONCERNS)
def test_cfn_lint_finds_nothing(stack):
    found = cfnlint.api.lint_file(stack.template)
    assert [f"{each.linenumber}: {each.rule.id} {each.message}" for each in found] == []


@pytest.mark.parametrize("stack", STACKS, ids=CONCERNS)
def test_a_stack_is_given_the_parameters_that_its_template_declares(stack, templates):
    assert sorted(stack.parameters) == sorted(templates[stack.concern]["Parameters"])


@pytest.mark.parametrize("stack", STACKS, ids=CONCERNS)
def test_a_template_can_be_sent_in_the_request(stack):
    # Longer ones would have to be in a bucket before the first bucket is there.
    assert len(stack.template.read_bytes()) < 51_200


def test_an_output_is_made_before_a_stack_takes_it(templates):
    made: set[str] = set()
    given = {name for each in templates.values() for name in each.get("Outputs", {})}
    for stack in STACKS:
        assert set(stack.parameters) & given <= made
        made |= set(templates[stack.concern].get("Outputs", {}))


def test_a_pipeline_registers_models_in_the_group_of_its_name(environment):
    # What roles.yaml and triggers.yaml are told.
    for name in composition_names():
        definition = parse(synthesise(name, environment).definition)
        groups = {
            step.arguments["ModelPackageGroupName"]
            for outer in definition.steps
            for step in (outer, *outer.body)
            if step.type == "RegisterModel"
        }
        assert groups <= {name}


def test_the_bucket_is_the_one_that_the_environment_expects(resolved):
    bucket = resolved("storage")["Bucket"]["Properties"]["BucketName"]
    assert bucket == "house-price-dev-123456789012-us-east-1"


def test_new_data_in_the_prefix_starts_the_pipeline_on_all_of_it(resolved):
    rule = resolved("triggers")["OnNewData"]["Properties"]
    assert rule["EventPattern"]["detail"] == {
        "bucket": {"name": ["house-price-dev-123456789012-us-east-1"]},
        "object": {"key": [{"prefix": "house-price-pipelines/incoming/"}]},
    }
    [target] = rule["Targets"]
    assert target["Arn"].endswith(":pipeline/house-price")
    assert target["SageMakerPipelineParameters"]["PipelineParameterList"] == [
        {
            "Name": "InputDataUri",
            "Value": "s3://house-price-dev-123456789012-us-east-1/house-price-pipelines/incoming/",
        }
    ]


def test_a_schedule_and_new_data_set_parameters_that_the_pipeline_has(resolved, environment):
    declared = {
        each.name
        for each in parse(synthesise(environment.infra.pipeline, environment).definition).parameters
    }
    for rule in ("OnSchedule", "OnNewData"):
        [target] = resolved("triggers")[rule]["Properties"]["Targets"]
        given = {
            each["Name"]: each["Value"]
            for each in target["SageMakerPipelineParameters"]["PipelineParameterList"]
        }
        assert set(given) <= declared
        assert given["InputDataUri"].startswith("s3://house-price-dev-123456789012-us-east-1/")


def test_people_hear_of_failures_and_pending_models_and_a_queue_of_approved_ones(resolved):
    triggers = resolved("triggers")
    heard = {
        name: (
            triggers[name]["Properties"]["EventPattern"]["detail"],
            triggers[name]["Properties"]["Targets"][0]["Arn"],
        )
        for name in ("OnFailedExecution", "OnPendingModel", "OnApprovedModel")
    }
    pipelines = [*composition_names()]
    arns = [f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{each}" for each in pipelines]
    assert heard == {
        "OnFailedExecution": (
            {"pipelineArn": arns, "currentPipelineExecutionStatus": ["Failed"]},
            "<Topic>",
        ),
        "OnPendingModel": (
            {"ModelPackageGroupName": pipelines, "ModelApprovalStatus": ["PendingManualApproval"]},
            "<Topic>",
        ),
        "OnApprovedModel": (
            {"ModelPackageGroupName": pipelines, "ModelApprovalStatus": ["Approved"]},
            "<ApprovedModels>",
        ),
    }


def test_only_a_push_to_the_branch_deploys(resolved, templates):
    delivery = resolved("delivery")
    deploy, check = (delivery[name]["Properties"] for name in ("Deploy", "Check"))
    assert deploy["Triggers"]["FilterGroups"] == [
        [
            {"Type": "EVENT", "Pattern": "PUSH"},
            {"Type": "HEAD_REF", "Pattern": "^refs/heads/main$"},
        ]
    ]
    [[event, base]] = check["Triggers"]["FilterGroups"]
    assert event["Pattern"].split(", ") == [
        f"PULL_REQUEST_{each}" for each in ("CREATED", "UPDATED", "REOPENED")
    ]
    assert base == {"Type": "BASE_REF", "Pattern": "^refs/heads/main$"}
    declared = templates["delivery"]["Resources"]
    assert declared["Deploy"]["Properties"]["ServiceRole"] == {"Ref": "DeployRoleArn"}
    assert declared["Check"]["Properties"]["ServiceRole"] == {"Ref": "CheckRoleArn"}


def test_only_the_branch_of_the_repository_assumes_github_s_role(resolved):
    role = resolved("github-oidc")["Role"]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:team/prices:ref:refs/heads/main",
        }
    }
