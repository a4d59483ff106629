"""What moto does not play: failures, and the requests as CloudFormation must see them."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import ANY, Stubber

from pipelines.deploy.bootstrap import bucket, cloudformation
from pipelines.deploy.bootstrap.cloudformation import CloudFormation, Found, Proposal, Request
from pipelines.deploy.errors import DeployError, ServiceError

ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/team-dev-roles/0a1b"
CHANGE_SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/bootstrap-1/2c3d"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = Request("team-dev-roles", "Resources: {}", {"Project": "team"}, {"b": "2", "a": "1"})


@pytest.fixture
def stubbed(monkeypatch):
    session = boto3.Session(
        region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client = session.client("cloudformation")
    monkeypatch.setattr(cloudformation, "_PROPOSING", {"Delay": 0, "MaxAttempts": 2})
    monkeypatch.setattr(cloudformation, "_RUNNING", {"Delay": 0, "MaxAttempts": 2})
    with Stubber(client) as stubber:
        stubber.door = CloudFormation(client, session.client("sts"))
        yield stubber
        stubber.assert_no_pending_responses()


def wanted(**members):
    return {
        "StackName": "team-dev-roles",
        "ChangeSetName": ANY,
        "ChangeSetType": "CREATE",
        "TemplateBody": "Resources: {}",
        "Parameters": [{"ParameterKey": "Project", "ParameterValue": "team"}],
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "Capabilities": ["CAPABILITY_IAM"],
        **members,
    }


def stack(status):
    return {
        "StackName": "team-dev-roles",
        "StackId": ID,
        "CreationTime": NOW,
        "StackStatus": status,
    }


def event(reason, status="CREATE_FAILED", token=None, resource="PipelineRole"):
    return {
        "StackId": ID,
        "EventId": "1",
        "StackName": "team-dev-roles",
        "Timestamp": NOW,
        "LogicalResourceId": resource,
        "ResourceType": "AWS::IAM::Role",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        **({"ClientRequestToken": token} if token else {}),
    }


def described(status, **members):
    return {"Status": status, "ChangeSetId": CHANGE_SET, "StackId": ID, "Changes": [], **members}


@pytest.mark.parametrize(
    ("found", "adopts", "members"),
    [
        (None, False, {"OnStackFailure": "DELETE"}),
        # What was adopted must never be deleted with a failed stack.
        (None, True, {"ImportExistingResources": True}),
        (Found(ID, "CREATE_COMPLETE", {}), False, {"ChangeSetType": "UPDATE"}),
        (
            Found(ID, "UPDATE_ROLLBACK_COMPLETE", {}),
            *(True, {"ChangeSetType": "UPDATE", "ImportExistingResources": True}),
        ),
    ],
)
def test_a_change_set_asks_for_what_the_stack_needs(stubbed, found, adopts, members):
    made = {"Id": CHANGE_SET, "StackId": ID}
    stubbed.add_response("create_change_set", made, wanted(**members))
    stubbed.add_response("describe_change_set", described("CREATE_COMPLETE"))
    stubbed.add_response("describe_change_set", described("CREATE_COMPLETE"))
    request = Request(
        *("team-dev-roles", "Resources: {}"), {"Project": "team"}, REQUEST.tags, adopts
    )
    assert stubbed.door.propose(request, found) == Proposal(ID, CHANGE_SET, found is None, ())


def test_every_page_of_changes_is_read(stubbed):
    resource = {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "AWS::SNS::Topic"}
    page = [{"Type": "Resource", "ResourceChange": resource}]
    stubbed.add_response("create_change_set", {"Id": CHANGE_SET, "StackId": ID})
    stubbed.add_response("describe_change_set", described("CREATE_COMPLETE"))
    stubbed.add_response(
        "describe_change_set", described("CREATE_COMPLETE", Changes=page, NextToken="1")
    )
    stubbed.add_response("describe_change_set", described("CREATE_COMPLETE", Changes=page))
    assert len(stubbed.door.propose(REQUEST, None).changes) == 2


def test_a_change_set_without_changes_is_withdrawn_and_means_up_to_date(stubbed):
    reason = "The submitted information didn't contain changes. Submit different information."
    stubbed.add_response("create_change_set", {"Id": CHANGE_SET, "StackId": ID})
    stubbed.add_response("describe_change_set", described("FAILED", StatusReason=reason))
    stubbed.add_response("delete_change_set", {}, {"ChangeSetName": CHANGE_SET})
    assert stubbed.door.propose(REQUEST, Found(ID, "CREATE_COMPLETE", {})) is None


def test_a_change_set_that_cannot_be_made_says_why_and_leaves_nothing(stubbed):
    stubbed.add_response("create_change_set", {"Id": CHANGE_SET, "StackId": ID})
    stubbed.add_response("describe_change_set", described("FAILED", StatusReason="no such type"))
    stubbed.add_response("delete_change_set", {}, {"ChangeSetName": CHANGE_SET})
    stubbed.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(DeployError, match="no change set could be made: no such type"):
        stubbed.door.propose(REQUEST, None)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("UPDATE_IN_PROGRESS", "wait until it is done"),
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name team-dev-roles"),
        ("UPDATE_ROLLBACK_FAILED", "repair it in the CloudFormation console"),
        ("DELETE_FAILED", "repair it"),
    ],
)
def test_a_stack_that_cannot_be_changed_now_says_what_to_do(stubbed, status, message):
    with pytest.raises(DeployError, match=message):
        stubbed.door.propose(REQUEST, Found(ID, status, {}))


def test_a_failed_run_gives_the_reasons_of_its_own_events_oldest_first(stubbed, monkeypatch):
    monkeypatch.setattr(cloudformation.uuid, "uuid4", lambda: type("U", (), {"hex": "t" * 32})())
    token = {"token": "t" * 32}
    stubbed.add_response(
        "execute_change_set", {}, {"ChangeSetName": CHANGE_SET, "ClientRequestToken": "t" * 32}
    )
    stubbed.add_response("describe_stacks", {"Stacks": [stack("ROLLBACK_COMPLETE")]})
    events = [
        event("DELETE done", status="DELETE_COMPLETE", **token),
        event("Resource creation cancelled", resource="ReadPolicy", **token),
        event("not authorized to perform iam:PutRolePolicy", resource="PipelinePolicy", **token),
    ]
    stubbed.add_response("describe_stack_events", {"StackEvents": events, "NextToken": "1"})
    events = [event("a name that is taken", **token), event("of an earlier run", token="other")]
    stubbed.add_response("describe_stack_events", {"StackEvents": events})
    with pytest.raises(DeployError) as error:
        stubbed.door.run("team-dev-roles", Proposal(ID, CHANGE_SET, True, ()))
    assert str(error.value).splitlines() == [
        "stack team-dev-roles: create failed: 2 problems",
        "  PipelineRole (AWS::IAM::Role): a name that is taken",
        "  PipelinePolicy (AWS::IAM::Role): not authorized to perform iam:PutRolePolicy",
    ]


def test_a_stack_that_does_not_get_done_says_so(stubbed):
    stubbed.add_response("delete_stack", {}, {"StackName": ID, "ClientRequestToken": ANY})
    for _ in range(2):
        stubbed.add_response("describe_stacks", {"Stacks": [stack("DELETE_IN_PROGRESS")]})
    stubbed.add_response("describe_stack_events", {"StackEvents": []})
    with pytest.raises(DeployError, match=r"delete failed: .*Max attempts exceeded"):
        stubbed.door.delete("team-dev-roles", Found(ID, "CREATE_COMPLETE", {}))


def test_only_an_absent_stack_is_none(stubbed):
    stubbed.add_client_error(
        *("describe_stacks", "ValidationError", "Stack with id team-dev-roles does not exist")
    )
    assert stubbed.door.find("team-dev-roles") is None
    stubbed.add_response("describe_stacks", {"Stacks": [stack("REVIEW_IN_PROGRESS")]})
    assert stubbed.door.find("team-dev-roles") is None
    stubbed.add_client_error("describe_stacks", "AccessDenied", "no")
    with pytest.raises(ServiceError, match="may not do this"):
        stubbed.door.find("team-dev-roles")


def test_an_object_that_cannot_be_deleted_stops_the_deletion():
    s3 = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(s3) as stubber:
        stubber.add_response("list_object_versions", {"Versions": [{"Key": "k", "VersionId": "1"}]})
        stubber.add_response(
            "delete_objects", {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "held"}]}
        )
        with pytest.raises(ServiceError, match="deleting s3://b/k: held"):
            bucket.delete_with_data(s3, "b")
