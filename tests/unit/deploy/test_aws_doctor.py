from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from pipelines.deploy.aws_doctor import Probe, StoredObject
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.permissions import Permission

ROLE = "arn:aws:iam::123456789012:role/Pipelines"


class Stubbed:
    """Real clients that answer what was queued, and check the requests."""

    def __init__(self):
        self._session = boto3.Session(
            region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        self._stubs = {}
        self._clients = {}
        self.probe = Probe(self._client)

    def _client(self, service, config=None):
        self.stub(service)
        return self._clients[service]

    def stub(self, service):
        if service not in self._stubs:
            self._clients[service] = self._session.client(service)
            self._stubs[service] = Stubber(self._clients[service])
            self._stubs[service].activate()
        return self._stubs[service]

    def close(self):
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def stubbed():
    stubbed = Stubbed()
    yield stubbed
    stubbed.close()


def headers(**values):
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return {"ResponseMetadata": {"HTTPHeaders": named}}


def test_the_time_is_read_from_answers_and_from_refusals(stubbed):
    date = "Thu, 01 Jan 2026 12:00:00 GMT"
    stub = stubbed.stub("sts")
    stub.add_client_error(
        "get_caller_identity",
        "MissingAuthenticationToken",
        response_meta={"HTTPHeaders": {"date": date}},
    )
    stub.add_response("get_caller_identity", headers(date="nonsense"))
    stub.add_response("get_caller_identity", {})
    assert stubbed.probe.server_time() == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert stubbed.probe.server_time() is None
    assert stubbed.probe.server_time() is None


def test_a_region_that_denies_the_listing_knows_the_account(stubbed):
    stub = stubbed.stub("sagemaker")
    stub.add_response("list_pipelines", {"PipelineSummaries": []}, {"MaxResults": 1})
    stub.add_client_error("list_pipelines", "AccessDeniedException")
    stub.add_client_error("list_pipelines", "UnrecognizedClientException")
    stub.add_client_error("list_pipelines", "ValidationException")
    assert [stubbed.probe.knows_account() for _ in range(3)] == [True, True, False]
    with pytest.raises(ServiceError, match="ListPipelines"):
        stubbed.probe.knows_account()


def evaluation(action, *decisions):
    specific = [
        {"EvalResourceName": name, "EvalResourceDecision": decision} for name, decision in decisions
    ]
    return {
        "EvalActionName": action,
        "EvalDecision": "implicitDeny",
        **({"ResourceSpecificResults": specific} if specific else {}),
    }


def test_one_call_simulates_the_same_actions_on_all_their_resources_page_by_page(stubbed):
    stub = stubbed.stub("iam")
    request = {
        "PolicySourceArn": ROLE,
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:a", "arn:b"],
        "ContextEntries": [],
    }
    stub.add_response(
        "simulate_principal_policy",
        {
            "EvaluationResults": [
                evaluation("s3:GetObject", ("arn:a", "allowed"), ("arn:b", "implicitDeny"))
            ],
            "IsTruncated": True,
            "Marker": "more",
        },
        request,
    )
    stub.add_response(
        "simulate_principal_policy",
        {"EvaluationResults": [evaluation("s3:PutObject", ("arn:a", "explicitDeny"))]},
        {**request, "Marker": "more"},
    )
    pairs = [(action, arn) for arn in ("arn:a", "arn:b") for action in request["ActionNames"]]
    asked = [Permission(action, arn) for action, arn in pairs]
    assert stubbed.probe.denied(ROLE, asked) == [
        Permission("s3:GetObject", "arn:b"),
        Permission("s3:PutObject", "arn:a"),
    ]


def test_conditions_are_simulated_apart_and_come_back_with_the_permission(stubbed):
    context = (("iam:PassedToService", "sagemaker.amazonaws.com"),)
    stubbed.stub("iam").add_response(
        "simulate_principal_policy",
        {"EvaluationResults": [evaluation("iam:PassRole")]},
        {
            "PolicySourceArn": ROLE,
            "ActionNames": ["iam:PassRole"],
            "ResourceArns": ["*"],
            "ContextEntries": [
                {
                    "ContextKeyName": "iam:PassedToService",
                    "ContextKeyValues": ["sagemaker.amazonaws.com"],
                    "ContextKeyType": "string",
                }
            ],
        },
    )
    permission = Permission("iam:PassRole", "*", context)
    assert stubbed.probe.denied(ROLE, [permission]) == [permission]


def test_more_resources_than_a_call_should_have_are_asked_in_turn(stubbed):
    asked = [Permission("s3:GetObject", f"arn:{number:02}") for number in range(60)]
    for start in (0, 25, 50):
        chunk = [each.resource for each in asked[start : start + 25]]
        stubbed.stub("iam").add_response(
            "simulate_principal_policy",
            {
                "EvaluationResults": [
                    evaluation("s3:GetObject", *((arn, "allowed") for arn in chunk))
                ]
            },
            {
                "PolicySourceArn": ROLE,
                "ActionNames": ["s3:GetObject"],
                "ResourceArns": chunk,
                "ContextEntries": [],
            },
        )
    assert stubbed.probe.denied(ROLE, asked) == []


@pytest.mark.parametrize(
    ("location", "region"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("us-west-2", "us-west-2")]
)
def test_a_bucket_whose_head_does_not_say_is_asked_for_its_location(stubbed, location, region):
    stub = stubbed.stub("s3")
    stub.add_response("head_bucket", headers())
    stub.add_response(
        "get_bucket_location", {} if location is None else {"LocationConstraint": location}
    )
    assert stubbed.probe.bucket_region("b") == region


def test_a_bucket_of_another_region_says_where_it_is_when_it_refuses(stubbed):
    meta = {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}}
    stubbed.stub("s3").add_client_error("head_bucket", "301", response_meta=meta)
    assert stubbed.probe.bucket_region("b") == "eu-west-1"


def test_no_bucket_and_a_bucket_that_may_not_be_seen_differ(stubbed):
    stubbed.stub("s3").add_client_error("head_bucket", "404", http_status_code=404)
    stubbed.stub("s3").add_client_error("head_bucket", "403", http_status_code=403)
    assert stubbed.probe.bucket_region("b") is None
    with pytest.raises(ServiceError, match="s3:ListBucket"):
        stubbed.probe.bucket_region("b")


def test_objects_of_a_bucket_that_is_not_there_are_none(stubbed):
    stub = stubbed.stub("s3")
    stub.add_client_error("list_objects_v2", "NoSuchBucket")
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "k", "Size": 3}]})
    assert stubbed.probe.first_objects("b", "k", 2) == []
    assert stubbed.probe.first_objects("b", "k", 2) == [StoredObject("k", 3)]


def test_an_image_or_its_repository_may_be_missing(stubbed):
    stub = stubbed.stub("ecr")
    stub.add_response(
        "batch_get_image",
        {"images": [{"registryId": "1"}]},
        {"registryId": "1", "repositoryName": "ours", "imageIds": [{"imageTag": "t"}]},
    )
    stub.add_response("batch_get_image", {"images": [], "failures": [{}]})
    stub.add_client_error("batch_get_image", "RepositoryNotFoundException")
    stub.add_client_error("batch_get_image", "AccessDeniedException")
    assert [stubbed.probe.has_image("1", "ours", {"imageTag": "t"}) for _ in range(3)] == [
        *(True, False, False)
    ]
    with pytest.raises(ServiceError, match="BatchGetImage ours"):
        stubbed.probe.has_image("1", "ours", {"imageTag": "t"})


def test_the_accounts_own_quotas_replace_the_defaults(stubbed):
    stub = stubbed.stub("service-quotas")
    default = [{"QuotaName": "a", "Value": 0.0}, {"QuotaName": "b", "Value": 4.0}]
    stub.add_response("list_aws_default_service_quotas", {"Quotas": default})
    stub.add_response("list_service_quotas", {"Quotas": [], "NextToken": "1"})
    stub.add_response("list_service_quotas", {"Quotas": [{"QuotaName": "a", "Value": 8.0}]})
    assert stubbed.probe.quotas() == {"a": 8.0, "b": 4.0}
