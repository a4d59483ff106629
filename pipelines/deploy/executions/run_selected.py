"""The work behind `run --only`: some steps again, everything else from a past execution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.definition.check import near
from pipelines.definition.document import Definition
from pipelines.deploy import describe
from pipelines.deploy import parameters as values
from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import DeployError, NotDeployed, UsageError, listed
from pipelines.deploy.executions.named import Target, executed_definition, find, typed
from pipelines.deploy.executions.selection import (
    SOURCES,
    Parameters,
    check_selection,
    parameters,
    unmet,
)
from pipelines.deploy.output import say
from pipelines.deploy.report import start_line
from pipelines.deploy.start import Launch, environment_option
from pipelines.deploy.text import count
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.follow import follow
from pipelines.deploy.watching.watch import Interrupts

LATEST = "latest"
# So many of the newest executions are looked at for one that has what is needed.
_LOOKED_AT = 20


@dataclass(frozen=True)
class Selection:
    """`source` is an execution as on the command line, or LATEST; `overrides` are parameter values."""

    steps: tuple[str, ...]
    source: str
    overrides: Mapping[str, str]


def run_selected(
    environment: Environment, name: str, selection: Selection, console: Console
) -> tuple[int, dict[str, Any]]:
    """Run the selected steps; the exit code and the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        executions = Executions(endpoint.aws)
        definition = describe.deployed_definition(endpoint.aws, name)
        if definition is None:
            where = f"in environment '{environment.name}'"
            known = near(name, executions.pipelines())
            raise UsageError(f"no pipeline '{name}' is deployed {where}{known}")
        needed = check_selection(definition, selection.steps)
        source = _source(endpoint.aws, environment, name, selection, needed)
        chosen = _parameters(endpoint.aws, source, definition, selection.overrides)
        values.check(name, definition, chosen.values)
        say(console, f"{environment.name}: {endpoint.label}", "")
        say(console, *_intention(selection, source, needed, chosen))
        launch = _launch(environment, definition, source, selection)
        # From before the start, so that no Ctrl-C leaves an execution behind that nobody has heard of.
        with Interrupts() as interrupts:
            arn = executions.start_selected(name, chosen.values, selection.steps, source.arn)
            say(console, "", f"Started {arn}")
            followed = follow(endpoint, launch, arn, console, interrupts.wait)
    pipeline = {"name": name, "action": "run", "source": source.arn, **followed.document()}
    return followed.exit_code, {"environment": environment.name, "pipelines": [pipeline]}


def _launch(
    environment: Environment, definition: Definition, source: Target, selection: Selection
) -> Launch:
    return Launch(
        source.pipeline,
        definition,
        {},
        (),
        again=_again(environment, source, selection),
        where=environment_option(environment),
    )


def _again(environment: Environment, source: Target, selection: Selection) -> str:
    """The same command, from the same source."""
    overrides = [
        word
        for name, value in selection.overrides.items()
        for word in ("--param", f"{name}={value}")
    ]
    words = (source.pipeline, "--only", *selection.steps, "--from", source.id, *overrides)
    return typed("run", environment, *words)


def _source(
    aws: Aws, environment: Environment, name: str, selection: Selection, needed: Sequence[str]
) -> Target:
    executions = Executions(aws)
    if selection.source == LATEST:
        return _latest(aws, executions, environment, name, needed)
    target = find(executions, environment, selection.source)
    if target.pipeline != name:
        raise UsageError(
            f"--from: {target.arn} is an execution of '{target.pipeline}', not of '{name}'"
        )
    status = Status(aws.describe_execution(target.arn)["PipelineExecutionStatus"])
    if status not in SOURCES:
        raise DeployError(
            f"--from: {target.arn} is {status}; results are taken from executions that are "
            f"{' or '.join(SOURCES)}"
        )
    if missing := unmet(needed, aws.list_steps(target.arn)):
        raise DeployError(_unmet(selection.steps, missing, target))
    return target


def _latest(
    aws: Aws, executions: Executions, environment: Environment, name: str, needed: Sequence[str]
) -> Target:
    problems = []
    for summary in islice(executions.newest(name) or (), _LOOKED_AT):
        target = Target(name, summary["PipelineExecutionArn"])
        status = Status(summary["PipelineExecutionStatus"])
        if status not in SOURCES:
            problems.append(f"{target.id} is {status}")
            continue
        missing = unmet(needed, aws.list_steps(target.arn))
        if not missing:
            return target
        problems.append(f"{target.id}: {', '.join(missing)} did not succeed")
    if not problems:
        raise NotDeployed(
            f"pipeline '{name}' has not run in environment '{environment.name}', so there is nothing to "
            f"start from; run all of it first: {typed('run', environment, name)}"
        )
    raise DeployError(
        listed(
            f"{name}: no execution has what {', '.join(needed) or 'the steps'} would give", problems
        )
    )


def _unmet(steps: Sequence[str], missing: Sequence[str], source: Target) -> str:
    return (
        f"--from: {source.arn}: {', '.join(missing)} did not succeed, and {', '.join(steps)} needs the "
        "results; choose another execution, or select these steps too"
    )


def _parameters(
    aws: Aws, source: Target, definition: Definition, overrides: Mapping[str, str]
) -> Parameters:
    before = executed_definition(aws, source)
    return parameters(before, aws.execution_parameters(source.arn), definition, overrides)


def _intention(
    selection: Selection, source: Target, needed: Sequence[str], chosen: Parameters
) -> list[Any]:
    reused = f", with the results of {', '.join(needed)}" if needed else ""
    lines: list[Any] = [
        f"  only {', '.join(selection.steps)}, from {source.id}{reused}",
        start_line(chosen.values),
    ]
    if chosen.dropped:
        gone = count(len(chosen.dropped), "parameter")
        lines.append(f"  note: {gone} of the source no longer exist: {', '.join(chosen.dropped)}")
    return lines
