"""The work behind `history` and `rollback`: the versions of a deployed pipeline, and the way back to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from params.environment import Environment
from pipelines.definition.difference import differences
from pipelines.deploy import describe, planner
from pipelines.deploy.apply import apply
from pipelines.deploy.aws import Aws
from pipelines.deploy.confirm import confirm
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import NotDeployed, UsageError
from pipelines.deploy.models import Synthesis
from pipelines.deploy.output import conclude, remark, say
from pipelines.deploy.plan import Deployed, Plan, TagPipeline, UpdatePipeline
from pipelines.deploy.planner import Planned
from pipelines.deploy.planning.documents import review_document
from pipelines.deploy.planning.text import review_lines
from pipelines.deploy.provenance import Commit, Record, note, read_note


@dataclass(frozen=True)
class Version:
    """`how` is what the description says beside commit and author; `created` is ISO 8601."""

    number: int
    created: str
    commit: str | None
    author: str | None
    how: str
    last_execution: str | None


@dataclass(frozen=True)
class RollbackOptions:
    to: int
    yes: bool
    take_over: bool


def history(environment: Environment, name: str, console: Console) -> dict[str, Any]:
    """Show the versions, the newest first; the document for `--json`. Raises NotDeployed."""
    with open_endpoint(environment) as endpoint:
        deployed_or_refuse(endpoint.aws, environment, name)
        versions = read_versions(endpoint.aws, name)
    remark(console, f"{environment.name}: {endpoint.label}", "")
    say(console, _table(versions))
    return {
        "environment": environment.name,
        "name": name,
        "versions": [vars(each) for each in versions],
    }


def rollback(
    environment: Environment, name: str, options: RollbackOptions, console: Console
) -> dict[str, Any]:
    """Deploy the definition of an earlier version as a new one; the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        deployed = deployed_or_refuse(endpoint.aws, environment, name)
        planned = _plan_back(endpoint.aws, environment, deployed, name, options.to)
        [review] = planner.review_all(endpoint.aws, environment, [planned])
        remark(console, f"{environment.name}: {endpoint.label}", "", *review_lines(review))
        if not planned.plan.instructions:
            conclude(console, f"{name} says what version {options.to} says; nothing was done")
        else:
            if not options.take_over:
                planner.check_owners(environment, [(planned.plan, deployed)])
            confirm(f"Roll {name} back to version {options.to}?", "yes", yes=options.yes)
            missed = apply(endpoint.aws, planned.plan.instructions)
            done = f"{name} now runs the definition of version {options.to}"
            conclude(console, done, *(f"note: {each}" for each in missed))
    return {"environment": environment.name, "pipelines": [review_document(review)]}


def deployed_or_refuse(aws: Aws, environment: Environment, name: str) -> Deployed:
    """The pipeline as it is now. Raises NotDeployed."""
    found = describe.deployed(aws, planner.pipeline_name(name, "NAME"))
    if found is None:
        raise NotDeployed(
            f"pipeline '{name}' is not deployed in environment '{environment.name}'; "
            "choose another one with --env"
        )
    return found


def read_versions(aws: Aws, name: str) -> tuple[Version, ...]:
    """The versions of a pipeline, the newest first."""
    return tuple(_version(each) for each in aws.list_versions(name))


def _version(summary: Mapping[str, Any]) -> Version:
    how, commit = read_note(summary.get("PipelineVersionDescription", ""))
    return Version(
        number=summary["PipelineVersionId"],
        created=summary["CreationTime"].isoformat(timespec="seconds"),
        commit=commit.sha if commit else None,
        author=commit.author if commit else None,
        how=how,
        last_execution=summary.get("LastExecutionPipelineExecutionArn"),
    )


def _plan_back(
    aws: Aws, environment: Environment, deployed: Deployed, name: str, number: int
) -> Planned:
    versions = {each.number: each for each in read_versions(aws, name)}
    found = aws.describe_pipeline(name, number) if number in versions else None
    if found is None:
        known = ", ".join(map(str, sorted(versions)))
        raise UsageError(f"--to {number}: pipeline '{name}' has no such version; it has {known}")
    text: str = found["PipelineDefinition"]
    target = planner.checked(Synthesis(name, "", text, ()), f"version {number}", ours=False)
    changes = differences(deployed.definition, text)
    if not changes:
        return Planned(Plan(name, ()), target, deployed)
    commit = _commit(versions[number])
    tags = Record(planner.record_of(environment).project, commit).tags(text)
    back = note(commit, f"rollback to version {number}")
    update = UpdatePipeline(name, text, None, None, changes, note=back)
    differing = {key: value for key, value in tags.items() if deployed.tags.get(key) != value}
    tag = TagPipeline(name, deployed.arn, differing)
    return Planned(Plan(name, (update, tag) if differing else (update,)), target, deployed)


def _commit(version: Version) -> Commit | None:
    if version.commit is None:
        return None
    return Commit(version.commit, version.author or "unknown")


def _table(versions: Sequence[Version]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("version", justify="right")
    for heading in ("created", "commit", "author"):
        table.add_column(heading, no_wrap=heading == "created")
    table.add_column("")
    for index, each in enumerate(versions):
        said = "; ".join(filter(None, ["deployed" if index == 0 else "", each.how]))
        table.add_row(
            str(each.number),
            each.created.replace("T", " ")[:16],
            each.commit or "-",
            each.author or "-",
            said,
        )
    return table
