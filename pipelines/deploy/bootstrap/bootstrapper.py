"""The work behind `bootstrap`: each stack in turn is proposed, shown, confirmed, run, and its outputs handed on.

A stack's parameters are the outputs of earlier ones, so on a fresh account a plan stands in for what nobody has made
yet, while a run proposes each stack only when the one before is there: what it shows is exactly what it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from params import recorded
from params.environment import Environment
from pipelines.deploy.bootstrap import bucket, stacks
from pipelines.deploy.bootstrap.cloudformation import (
    CloudFormation,
    Found,
    Proposal,
    Request,
    connect,
)
from pipelines.deploy.bootstrap.report import output_lines, stack_document, stack_lines
from pipelines.deploy.bootstrap.stacks import STACKS, Place, Stack
from pipelines.deploy.endpoint import check_account
from pipelines.deploy.errors import DONE, FAILED, DeployError, NotDeployed, listed
from pipelines.deploy.output import conclude, remark, say
from pipelines.deploy.text import count


@dataclass(frozen=True)
class Options:
    """`confirm` is asked before anything is changed."""

    confirm: Callable[[str], bool]
    plan_only: bool = False
    delete_data: bool = False


@dataclass
class _Work:
    """What the stages of one run share."""

    environment: Environment
    options: Options
    console: Console
    cloud: CloudFormation
    place: Place
    outputs: dict[str, str] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)

    def name(self, stack: Stack) -> str:
        return stacks.name(self.environment, stack)

    def show(self, stack: Stack, action: str, proposal: Proposal | None = None) -> None:
        changes = proposal.changes if proposal else ()
        say(self.console, *stack_lines(self.name(stack), action, changes))
        self.documents.append(stack_document(self.name(stack), action, changes))

    def document(self) -> dict[str, Any]:
        return {
            "environment": self.environment.name,
            "account": self.place.account,
            "region": self.place.region,
            "stacks": self.documents,
            "outputs": self.outputs,
        }


def bootstrap(
    environment: Environment, options: Options, console: Console
) -> tuple[int, dict[str, Any]]:
    """Make the stacks what infra/ says; the exit code and the document for `--json`. Raises DeployError."""
    if lacking := list(stacks.problems(environment)):
        raise DeployError(listed(f"environment '{environment.name}'", lacking))
    work = _begin(environment, options, console)
    for stack in STACKS:
        if not stack.wanted(environment.infra):
            _leave(work, stack)
        elif not _make(work, stack):
            conclude(console, "Nothing more was changed.")
            return FAILED, work.document()
    if options.plan_only:
        remark(console, "", "This is the plan; nothing was done.")
        return DONE, work.document()
    conclude(console, *output_lines(work.outputs, _record(work)))
    return DONE, work.document()


def fetch(
    environment: Environment, options: Options, console: Console
) -> tuple[int, dict[str, Any]]:
    """Write down what the stacks' outputs are, changing nothing in AWS. Raises NotDeployed, ServiceError."""
    work = _begin(environment, options, console)
    for stack in STACKS:
        if found := work.cloud.find(work.name(stack)):
            work.outputs |= found.outputs
    if lacking := stacks.VARIABLES.keys() - work.outputs.keys():
        raise NotDeployed(
            f"environment '{environment.name}': no stack in account {work.place.account}, "
            f"{work.place.region} has the output {', '.join(sorted(lacking))}; make them with: "
            f"python -m pipelines.bootstrap --env {environment.name}"
        )
    say(console, *output_lines(work.outputs, _record(work)))
    return DONE, work.document()


def destroy(
    environment: Environment, options: Options, console: Console
) -> tuple[int, dict[str, Any]]:
    """Delete the stacks, last first; the bucket stays unless `delete_data`. Raises DeployError."""
    work = _begin(environment, options, console)
    there = [
        (stack, found)
        for stack in reversed(STACKS)
        if (found := work.cloud.find(work.name(stack))) is not None
    ]
    data = _bucket_of(work, there)
    for stack, _ in there:
        work.show(stack, "delete")
    _say_data(work, data)
    if options.plan_only:
        remark(console, "", "This is the plan; nothing was done.")
        return DONE, work.document()
    if not there and data is None:
        say(console, "There is nothing to delete.")
        return DONE, work.document()
    if not options.confirm(f"Delete all of this in account {work.place.account}?"):
        conclude(console, "Nothing was deleted.")
        return FAILED, work.document()
    _delete(work, there, data)
    return DONE, work.document()


def _begin(environment: Environment, options: Options, console: Console) -> _Work:
    cloud = connect(environment.region, environment.profile)
    place = cloud.place()
    check_account(environment, place.account)
    remark(console, f"{environment.name}: AWS account {place.account}, {place.region}", "")
    return _Work(environment, options, console, cloud, place)


def _make(work: _Work, stack: Stack) -> bool:
    """Bring one stack up to date; False when the user does not want it to run."""
    name = work.name(stack)
    found = work.cloud.find(name)
    proposal = work.cloud.propose(_request(work, stack), found)
    if proposal is None:
        work.show(stack, "up to date")
        work.outputs |= found.outputs if found else {}
        return True
    work.show(stack, "create" if proposal.creates else "update", proposal)
    if work.options.plan_only or not work.options.confirm(f"Run these changes of {name}?"):
        work.cloud.withdraw(proposal)
        work.outputs |= found.outputs if found else {}
        return work.options.plan_only
    work.outputs |= work.cloud.run(name, proposal).outputs
    remark(work.console, f"  {'created' if proposal.creates else 'updated'}")
    _record(work)  # what is made is of use, also when a later stack fails
    return True


def _request(work: _Work, stack: Stack) -> Request:
    given = stacks.parameters(work.environment, stack, work.place, work.outputs)
    template = stack.template.read_text(encoding="utf-8")
    return Request(work.name(stack), template, given, work.environment.tags, stack.adopts)


def _leave(work: _Work, stack: Stack) -> None:
    if work.cloud.find(work.name(stack)):
        work.show(stack, "not in [infra] any more; delete it when nothing uses it")


def _record(work: _Work) -> str | None:
    """Write what upsert reads, when all of it is known; the file."""
    if not stacks.VARIABLES.keys() <= work.outputs.keys():
        return None
    variables = stacks.variables(work.environment, work.place, work.outputs)
    try:
        file = recorded.write(work.environment.name, variables)
    except OSError as error:
        raise DeployError(
            f"{error.filename}: cannot be written: {error.strerror}; when it can be, run "
            f"python -m pipelines.bootstrap --env {work.environment.name} --outputs"
        ) from error
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def _bucket_of(work: _Work, there: list[tuple[Stack, Found]]) -> str | None:
    """The bucket that the stack has; without the stack, the one it would take over, if it is to be deleted."""
    for _, found in there:
        if "BucketName" in found.outputs:
            return found.outputs["BucketName"]
    return stacks.bucket(work.environment, work.place) if work.options.delete_data else None


def _say_data(work: _Work, data: str | None) -> None:
    if data and work.options.delete_data:
        say(work.console, f"bucket {data} and everything in it  delete")
    elif data:
        say(work.console, f"bucket {data}  stays, with its data (--delete-data deletes both)")


def _delete(work: _Work, there: list[tuple[Stack, Found]], data: str | None) -> None:
    for stack, found in there:
        work.cloud.delete(work.name(stack), found)
        say(work.console, f"deleted {work.name(stack)}")
    recorded.forget(work.environment.name)
    if data and work.options.delete_data:
        where = work.environment
        s3 = bucket.connect(where.region, where.profile)
        versions = bucket.delete_with_data(s3, data)
        gone = f"deleted bucket {data} with {count(versions or 0, 'object version')}"
        say(work.console, f"there is no bucket {data}" if versions is None else gone)
