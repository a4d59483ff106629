"""What upsert really calls, simulated over the policies of the roles that CI runs it with."""

from __future__ import annotations

import pytest
from botocore.client import BaseClient

from pipelines import upsert
from pipelines.deploy import aws
from runtime.embedded import open_embedded

BUCKET = "house-price-dev-123456789012-us-east-1"
ROLE = "arn:aws:iam::123456789012:role/PipelineRole"
PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/"
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


def _object(request):
    return f"arn:aws:s3:::{request['Bucket']}/{request['Key']}"


def _bucket(request):
    return f"arn:aws:s3:::{request['Bucket']}"


def _pipeline(request):
    arn = request.get("PipelineArn") or request.get("ResourceArn")
    return arn or f"{PIPELINE}{request['PipelineName']}"


def _execution(request):
    return request["PipelineExecutionArn"]


# Operation of `plan` and `upsert` -> what it asks IAM for: action and resource.
ACTIONS = {
    "HeadBucket": ("s3:ListBucket", _bucket),
    "HeadObject": ("s3:GetObject", _object),
    "GetObject": ("s3:GetObject", _object),
    "PutObject": ("s3:PutObject", _object),
    "DescribePipeline": ("sagemaker:DescribePipeline", _pipeline),
    "CreatePipeline": ("sagemaker:CreatePipeline", _pipeline),
    "UpdatePipeline": ("sagemaker:UpdatePipeline", _pipeline),
    "UpdatePipelineVersion": ("sagemaker:UpdatePipelineVersion", _pipeline),
    "ListTags": ("sagemaker:ListTags", _pipeline),
    "AddTags": ("sagemaker:AddTags", _pipeline),
    "ListPipelineExecutions": ("sagemaker:ListPipelineExecutions", _pipeline),
    "ListPipelineExecutionSteps": ("sagemaker:ListPipelineExecutionSteps", _execution),
    "ListPipelineParametersForExecution": (
        *("sagemaker:ListPipelineParametersForExecution", _execution),
    ),
    "DescribePipelineDefinitionForExecution": (
        *("sagemaker:DescribePipelineDefinitionForExecution", _execution),
    ),
}


def asked(operation, request):
    """What a call asks IAM for: a role in the request has to be passed, tags to be added."""
    action, resource = ACTIONS[operation]
    yield action, resource(request), {}
    if "RoleArn" in request:
        yield "iam:PassRole", request["RoleArn"], TO_SAGEMAKER
    if request.get("Tags"):
        yield "sagemaker:AddTags", resource(request), {}


@pytest.fixture
def session(tmp_path):
    """The local runtime, which dev takes for AWS here."""
    with open_embedded(tmp_path / "state") as embedded:
        yield embedded.boto_session("us-east-1")


@pytest.fixture
def calls(session, monkeypatch):
    """Run upsert; what it asked for, as (action, resource, context)."""
    session.client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("ARTIFACT_BUCKET", BUCKET)
    monkeypatch.setenv("SAGEMAKER_PIPELINE_ROLE_ARN", ROLE)
    monkeypatch.setattr(aws, "connect", lambda *_, **__: aws.from_session(session))
    send = BaseClient._make_api_call

    def run(*arguments):
        seen = []

        def record(self, operation, request):
            seen.extend(asked(operation, request))
            return send(self, operation, request)

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", record)
            assert upsert.main(["--env", "dev", *arguments]) == 0
        return seen

    return run


def refused(simulate, statements, calls):
    return [call for call in calls if simulate(statements, *call) != "Allow"]


def test_a_deployment_may_do_all_that_upsert_does(calls, statements, simulate, session):
    deploy = statements("ReadPolicy", "DeployPolicy")
    first = calls()
    assert {action for action, *_ in first} >= {"sagemaker:CreatePipeline", "s3:PutObject"}
    sagemaker = session.client("sagemaker")
    arn = sagemaker.describe_pipeline(PipelineName="house-price")["PipelineArn"]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["project"])
    sagemaker.update_pipeline(PipelineName="house-price", PipelineDescription="by hand")
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
