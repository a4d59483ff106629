"""The one door to CloudFormation: a change set is proposed, and then run or withdrawn.

Every method may raise ServiceError; running and deleting also DeployError, with the reasons from the stack's events.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from pipelines.deploy.aws import tag_list
from pipelines.deploy.aws_errors import code, translated
from pipelines.deploy.bootstrap import changes
from pipelines.deploy.bootstrap.changes import ResourceChange
from pipelines.deploy.bootstrap.stacks import Place
from pipelines.deploy.errors import DeployError, ServiceError, listed

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
# Seconds between looks, and how many: ten minutes for a change set, an hour for a stack.
_PROPOSING = {"Delay": 2, "MaxAttempts": 300}
_RUNNING = {"Delay": 5, "MaxAttempts": 720}
_CAPABILITIES = ["CAPABILITY_IAM"]
_REVIEW = "REVIEW_IN_PROGRESS"
_USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True)
class Request:
    """What a stack should be; `adopts` lets it take over resources that exist under the names it gives."""

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    adopts: bool = False


@dataclass(frozen=True)
class Proposal:
    """A change set that waits to be run; `creates` the stack, or changes one."""

    stack_id: str
    change_set: str
    creates: bool
    changes: tuple[ResourceChange, ...]


@dataclass(frozen=True)
class Found:
    """A stack as it is."""

    id: str
    status: str
    outputs: Mapping[str, str]


def connect(region: str, profile: str = "") -> CloudFormation:
    """A door with the profile's credentials. Raises ServiceError."""
    with translated(f"connecting to AWS in {region}"):
        session = boto3.Session(region_name=region, profile_name=profile or None)
        try:
            return CloudFormation(
                *(session.client(each, config=_CONFIG) for each in ("cloudformation", "sts"))
            )
        except ValueError as error:  # botocore's only words for a URL that is none
            raise ServiceError(f"{error}; correct AWS_ENDPOINT_URL or unset it") from error


class CloudFormation:
    """Stacks of one account and region."""

    def __init__(self, client: Any, sts: Any) -> None:
        self._client = client
        self._sts = sts

    def place(self) -> Place:
        """Whose account the credentials are for."""
        with translated("GetCallerIdentity"):
            found = self._sts.get_caller_identity()
        return Place(found["Arn"].split(":")[1], self._client.meta.region_name, found["Account"])

    def find(self, name: str) -> Found | None:
        """The stack; None when there is none, or only change sets of one that was never made."""
        with translated(f"DescribeStacks {name}"):
            try:
                stack = self._client.describe_stacks(StackName=name)["Stacks"][0]
            except ClientError as error:
                # The code alone is also that of every other mistake.
                if code(error) == "ValidationError" and "does not exist" in str(error):
                    return None
                raise
        if stack["StackStatus"] == _REVIEW:
            return None
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        return Found(stack["StackId"], stack["StackStatus"], outputs)

    def propose(self, request: Request, found: Found | None) -> Proposal | None:
        """Make a change set; None when the stack is up to date. Raises DeployError when it cannot be changed now."""
        if found is not None and found.status not in _USABLE:
            raise DeployError(_unusable(request.name, found.status))
        with translated(f"CreateChangeSet {request.name}"):
            try:
                made = self._client.create_change_set(**_change_set(request, creates=found is None))
            except ClientError as error:
                if changes.says_nothing_to_do(str(error)):
                    return None
                raise
        proposal = Proposal(made["StackId"], made["Id"], found is None, ())
        return self._described(request.name, proposal)

    def withdraw(self, proposal: Proposal) -> None:
        """Delete a change set that is not to run, and the empty stack that was there only for it."""
        with translated(f"DeleteChangeSet {proposal.change_set}"):
            self._client.delete_change_set(ChangeSetName=proposal.change_set)
            if proposal.creates:
                self._client.delete_stack(StackName=proposal.stack_id)

    def run(self, name: str, proposal: Proposal) -> Found:
        """Run a change set and wait until the stack has become what it says."""
        token = uuid.uuid4().hex
        with translated(f"ExecuteChangeSet {name}"):
            self._client.execute_change_set(
                ChangeSetName=proposal.change_set, ClientRequestToken=token
            )
        waiter = "stack_create_complete" if proposal.creates else "stack_update_complete"
        self._wait(waiter, name, proposal.stack_id, token)
        found = self.find(proposal.stack_id)
        if found is None:
            raise ServiceError(f"stack {name}: it is not there after its change set ran")
        return found

    def delete(self, name: str, found: Found) -> None:
        """Delete a stack and wait until it is gone; what its template retains stays."""
        token = uuid.uuid4().hex
        with translated(f"DeleteStack {name}"):
            self._client.delete_stack(StackName=found.id, ClientRequestToken=token)
        self._wait("stack_delete_complete", name, found.id, token)

    def _described(self, name: str, proposal: Proposal) -> Proposal | None:
        with translated(f"DescribeChangeSet {name}"):
            try:
                self._client.get_waiter("change_set_create_complete").wait(
                    ChangeSetName=proposal.change_set, WaiterConfig=_PROPOSING
                )
            except WaiterError as error:
                self.withdraw(proposal)
                reason = str(error.last_response.get("StatusReason", error))
                if changes.says_nothing_to_do(reason):
                    return None
                raise DeployError(f"stack {name}: no change set could be made: {reason}") from error
            pages = self._client.get_paginator("describe_change_set").paginate(
                ChangeSetName=proposal.change_set, IncludePropertyValues=True
            )
            found = [change for page in pages for change in page["Changes"]]
        return Proposal(
            proposal.stack_id, proposal.change_set, proposal.creates, changes.read(found)
        )

    def _wait(self, waiter: str, name: str, stack_id: str, token: str) -> None:
        with translated(f"waiting for stack {name}"):
            try:
                self._client.get_waiter(waiter).wait(StackName=stack_id, WaiterConfig=_RUNNING)
            except WaiterError as error:
                reasons = self._failures(stack_id, token) or [str(error)]
                heading = f"stack {name}: {waiter.split('_')[1]} failed"
                raise DeployError(listed(heading, reasons)) from error

    def _failures(self, stack_id: str, token: str) -> list[str]:
        """Why resources failed in the operation with the token, oldest first."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        events = [
            event
            for page in pages
            for event in page["StackEvents"]
            if event.get("ClientRequestToken") == token
            and event["ResourceStatus"].endswith("_FAILED")
            # What was stopped because another resource failed explains nothing.
            and "cancelled" not in event.get("ResourceStatusReason", "")
        ]
        return [
            f"{event['LogicalResourceId']} ({event.get('ResourceType', '?')}): "
            f"{event.get('ResourceStatusReason', event['ResourceStatus'])}"
            for event in reversed(events)
        ]


def _change_set(request: Request, *, creates: bool) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "StackName": request.name,
        "ChangeSetName": f"bootstrap-{uuid.uuid4().hex}",
        "ChangeSetType": "CREATE" if creates else "UPDATE",
        "TemplateBody": request.template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in request.parameters.items()
        ],
        "Tags": tag_list(request.tags),
        "Capabilities": _CAPABILITIES,
    }
    if request.adopts:
        wanted["ImportExistingResources"] = True
    elif creates:
        # What failed half-way is removed, so that the next run starts afresh; what was adopted must never be.
        wanted["OnStackFailure"] = "DELETE"
    return wanted


def _unusable(name: str, status: str) -> str:
    if status.endswith("_IN_PROGRESS"):
        return f"stack {name} is {status}: something is changing it; wait until it is done"
    if status == "ROLLBACK_COMPLETE":
        return (
            f"stack {name} is {status}: it could not be made and nothing of it is left; remove it with "
            f"`aws cloudformation delete-stack --stack-name {name}` and bootstrap again"
        )
    return (
        f"stack {name} is {status}: repair it in the CloudFormation console, then bootstrap again"
    )
