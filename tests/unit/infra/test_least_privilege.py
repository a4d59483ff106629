"""The execution role may do everything that the definitions need, and nothing that they do not."""

from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.permissions import needed
from pipelines.deploy.synth import composition_names, synthesise

ACCOUNT = "us-east-1:123456789012"
BUCKET = "arn:aws:s3:::house-price-dev-123456789012-us-east-1"
ROLE = "arn:aws:iam::123456789012:role/PipelineRole"
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}
# Granted without a definition asking for it: S3 bills the parts of an upload that nobody may abort.
EXTRA = {"s3:AbortMultipartUpload"}


@pytest.fixture(scope="module")
def wanted(environment):
    """What each pipeline needs, by its name."""
    return {
        name: needed(parse(synthesise(name, environment).definition), environment)
        for name in composition_names()
    }


@pytest.fixture(scope="module")
def role(statements):
    return statements("PipelinePolicy")


def test_everything_that_a_definition_needs_is_allowed(wanted, role, simulate):
    asked = {each for permissions in wanted.values() for each in permissions}
    refused = [
        each
        for each in asked
        if simulate(role, each.action, each.resource, each.context) != "Allow"
    ]
    assert len(asked) > 60
    assert sorted(refused) == []


def test_no_action_is_granted_that_no_definition_needs(wanted, role):
    used = {each.action for permissions in wanted.values() for each in permissions}
    granted = {
        action
        for statement in role
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }
    assert granted - used == EXTRA


def test_every_resource_pattern_is_of_use_to_a_definition(wanted, role, simulate):
    asked = [each for permissions in wanted.values() for each in permissions]
    for statement in role:
        if statement["Action"] == "s3:AbortMultipartUpload":
            continue
        patterns = statement["Resource"]
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            alone = [{**statement, "Resource": pattern}]
            assert any(
                simulate(alone, each.action, each.resource, each.context) for each in asked
            ), pattern


DENIED = [
    # a role of its own, not another one, and to SageMaker alone
    ("iam:PassRole", "arn:aws:iam::123456789012:role/Admin", TO_SAGEMAKER),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    ("iam:PassRole", ROLE, {}),
    ("iam:CreateRole", "arn:aws:iam::123456789012:role/New", {}),
    ("iam:PutRolePolicy", ROLE, {}),
    ("sts:AssumeRole", "arn:aws:iam::123456789012:role/Admin", {}),
    # only its prefix is read, only results are written, nothing is deleted
    ("s3:GetObject", f"{BUCKET}/other-team/data.csv", {}),
    ("s3:GetObject", "arn:aws:s3:::another-bucket/house-price-pipelines/data/houses.csv", {}),
    ("s3:PutObject", f"{BUCKET}/house-price-pipelines/assets/0a1b/evaluate.py", {}),
    ("s3:PutObject", f"{BUCKET}/house-price-pipelines/data/houses.csv", {}),
    ("s3:PutObject", f"{BUCKET}/house-price/model.tar.gz", {}),
    ("s3:DeleteObject", f"{BUCKET}/house-price-pipelines/house-price/x/model.tar.gz", {}),
    ("s3:DeleteObjectVersion", f"{BUCKET}/house-price-pipelines/house-price/x/model.tar.gz", {}),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "other-team/"}),
    ("s3:ListBucket", BUCKET, {}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    ("s3:PutLifecycleConfiguration", BUCKET, {}),
    ("s3:ListAllMyBuckets", "*", {}),
    # a pipeline does not approve its own model, deploy it, or change itself
    (
        "sagemaker:UpdateModelPackage",
        f"arn:aws:sagemaker:{ACCOUNT}:model-package/house-price/1",
        {},
    ),
    ("sagemaker:CreateModelPackage", f"arn:aws:sagemaker:{ACCOUNT}:model-package/other/1", {}),
    ("sagemaker:CreateModelPackageGroup", f"arn:aws:sagemaker:{ACCOUNT}:model-package-group/o", {}),
    (
        "sagemaker:DeleteModelPackage",
        f"arn:aws:sagemaker:{ACCOUNT}:model-package/house-price/1",
        {},
    ),
    ("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{ACCOUNT}:endpoint/prices", {}),
    ("sagemaker:DeleteEndpoint", f"arn:aws:sagemaker:{ACCOUNT}:endpoint/prices", {}),
    ("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
    ("sagemaker:StartPipelineExecution", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
    ("sagemaker:CreateNotebookInstance", f"arn:aws:sagemaker:{ACCOUNT}:notebook-instance/n", {}),
    ("sagemaker:CreateModel", f"arn:aws:sagemaker:{ACCOUNT}:model/somebody-elses", {}),
    ("sagemaker:StopProcessingJob", f"arn:aws:sagemaker:{ACCOUNT}:processing-job/by-hand", {}),
    # nor does it leave its region and account
    (
        "sagemaker:CreateTrainingJob",
        *("arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-x", {}),
    ),
    (
        "sagemaker:CreateTrainingJob",
        *("arn:aws:sagemaker:us-east-1:999999999999:training-job/pipelines-x", {}),
    ),
    ("ecr:PutImage", "arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-xgboost", {}),
    ("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:123456789012:repository/secret", {}),
    ("logs:PutLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/x:log-stream:y", {}),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:*", {}),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/Billing"}),
    ("ec2:CreateNetworkInterface", "*", {}),
    ("kms:Decrypt", f"arn:aws:kms:{ACCOUNT}:key/any", {}),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{ACCOUNT}:secret:any", {}),
]


@pytest.mark.parametrize(("action", "resource", "context"), DENIED)
def test_what_the_execution_role_must_not_do_is_denied(role, simulate, action, resource, context):
    assert simulate(role, action, resource, context) != "Allow"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:PassRole", ROLE, TO_SAGEMAKER),
        ("sagemaker:CreatePipeline", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
        ("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
        ("sagemaker:AddTags", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
        ("s3:PutObject", f"{BUCKET}/house-price-pipelines/assets/0a1b/evaluate.py", {}),
    ],
)
def test_a_pull_request_may_not_do_what_a_deployment_may(
    statements, simulate, action, resource, context
):
    check = statements("ReadPolicy", "BuildPolicy")
    deploy = statements("ReadPolicy", "BuildPolicy", "DeployPolicy")
    assert simulate(check, action, resource, context) is None
    assert simulate(deploy, action, resource, context) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("iam:PassRole", "arn:aws:iam::123456789012:role/Admin", TO_SAGEMAKER),
        ("sagemaker:DeletePipeline", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/house-price", {}),
        ("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:{ACCOUNT}:pipeline/other", {}),
        ("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:{ACCOUNT}:training-job/mine", {}),
        ("sagemaker:UpdateModelPackage", f"arn:aws:sagemaker:{ACCOUNT}:model-package/x/1", {}),
        ("s3:PutObject", f"{BUCKET}/house-price-pipelines/data/houses.csv", {}),
        ("s3:GetObject", f"{BUCKET}/house-price-pipelines/data/houses.csv", {}),
        ("s3:DeleteObject", f"{BUCKET}/house-price-pipelines/assets/0a1b/evaluate.py", {}),
        ("cloudformation:UpdateStack", f"arn:aws:cloudformation:{ACCOUNT}:stack/x-dev-y/z", {}),
        ("codeconnections:UseConnection", "arn:aws:codeconnections:x:1:connection/other", {}),
        ("iam:CreateRole", "arn:aws:iam::123456789012:role/New", {}),
    ],
)
def test_what_ci_must_not_do_is_denied(statements, simulate, action, resource, context):
    deploy = statements("ReadPolicy", "BuildPolicy", "DeployPolicy")
    assert simulate(deploy, action, resource, context) != "Allow"


def test_eventbridge_may_start_the_one_pipeline(resolved, simulate):
    policies = resolved("triggers")["StartRole"]["Properties"]["Policies"]
    start = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    pipeline = f"arn:aws:sagemaker:{ACCOUNT}:pipeline/"
    action = "sagemaker:StartPipelineExecution"
    assert simulate(start, action, f"{pipeline}house-price") == "Allow"
    assert simulate(start, action, f"{pipeline}linear-baseline") is None
    assert simulate(start, "sagemaker:StopPipelineExecution", f"{pipeline}house-price") is None


def test_a_role_holds_the_policies_that_it_should(resolved):
    roles = resolved("roles")
    policy = "arn:aws:iam::123456789012:policy/"
    assert roles["PipelinePolicy"]["Properties"]["Roles"] == [ROLE]
    assert "ManagedPolicyArns" not in roles["PipelineRole"]["Properties"]
    assert roles["CheckRole"]["Properties"]["ManagedPolicyArns"] == [
        f"{policy}BuildPolicy",
        f"{policy}ReadPolicy",
    ]
    assert roles["DeployRole"]["Properties"]["ManagedPolicyArns"] == [
        f"{policy}BuildPolicy",
        f"{policy}ReadPolicy",
        f"{policy}DeployPolicy",
    ]
