"""What upsert really calls, simulated over the policies of the roles that CI runs it with."""

from __future__ import annotations

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from params.environment import load
from pipelines import upsert

BUCKET = "house-price-dev-123456789012-us-east-1"
ROLE = "arn:aws:iam::123456789012:role/PipelineRole"


def _object(parameters):
    return f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}"


def _pipeline(parameters):
    name = parameters.get("PipelineName") or parameters["ResourceArn"].rpartition("/")[2]
    return f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"


# Operation -> (action, resource) of IAM; a role in the request has to be passed as well.
ACTIONS = {
    "HeadBucket": ("s3:ListBucket", lambda parameters: f"arn:aws:s3:::{parameters['Bucket']}"),
    "HeadObject": ("s3:GetObject", _object),
    "PutObject": ("s3:PutObject", _object),
    "DescribePipeline": ("sagemaker:DescribePipeline", _pipeline),
    "CreatePipeline": ("sagemaker:CreatePipeline", _pipeline),
    "UpdatePipeline": ("sagemaker:UpdatePipeline", _pipeline),
    "ListTags": ("sagemaker:ListTags", _pipeline),
    "AddTags": ("sagemaker:AddTags", _pipeline),
}


@pytest.fixture
def calls(aws, monkeypatch):
    """Run upsert; what it asked for, as (action, resource, context)."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("ARTIFACT_BUCKET", BUCKET)
    monkeypatch.setenv("SAGEMAKER_PIPELINE_ROLE_ARN", ROLE)
    seen = []
    send = BaseClient._make_api_call

    def record(self, operation, parameters):
        action, resource = ACTIONS[operation]
        seen.append((action, resource(parameters), {}))
        if "RoleArn" in parameters:
            context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
            seen.append(("iam:PassRole", parameters["RoleArn"], context))
        if parameters.get("Tags"):
            seen.append(("sagemaker:AddTags", resource(parameters), {}))
        try:
            return send(self, operation, parameters)
        except ClientError as error:
            if operation != "DescribePipeline":
                raise
            # moto says ValidationException where SageMaker says:
            error.response["Error"]["Code"] = "ResourceNotFound"
            raise

    def run(*arguments):
        seen.clear()
        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", record)
            assert upsert.main(["--env", "dev", *arguments]) == 0
        return list(seen)

    return run


def refused(simulate, statements, calls):
    return [call for call in calls if simulate(statements, *call) != "Allow"]


def test_a_deployment_may_do_all_that_upsert_does(calls, statements, simulate, aws):
    deploy = statements("ReadPolicy", "DeployPolicy")
    first = calls()
    assert {action for action, *_ in first} >= {"sagemaker:CreatePipeline", "s3:PutObject"}
    arn = aws.client("sagemaker").describe_pipeline(PipelineName="house-price")["PipelineArn"]
    aws.client("sagemaker").delete_tags(ResourceArn=arn, TagKeys=["project"])
    aws.client("sagemaker").update_pipeline(
        PipelineName="house-price", PipelineDefinition='{"Version": "2020-12-01", "Steps": []}'
    )
    changed = calls()
    assert {action for action, *_ in changed} >= {"sagemaker:UpdatePipeline", "sagemaker:AddTags"}
    assert refused(simulate, deploy, [*first, *changed]) == []


def test_a_pull_request_may_plan_and_no_more(calls, statements, simulate):
    check = statements("ReadPolicy")
    assert refused(simulate, check, calls("--plan")) == []
    assert refused(simulate, check, calls())


def test_the_policies_grant_nothing_that_upsert_does_not_call(calls, statements):
    called = {action for action, *_ in calls()} | {action for action, _ in ACTIONS.values()}
    granted = {
        action
        for statement in statements("ReadPolicy", "DeployPolicy")
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }
    # What ends an upload that was cut off, and what `bootstrap --outputs` reads.
    assert granted - called == {"s3:AbortMultipartUpload", "cloudformation:DescribeStacks"}


def test_the_environment_of_these_tests_is_that_of_the_stacks(calls):
    calls("--plan")
    assert (load("dev").bucket, load("dev").role_arn) == (BUCKET, ROLE)
