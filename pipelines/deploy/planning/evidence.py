"""What a plan's consequences are judged by: earlier executions, running ones, and the scripts that are deployed.

Reads only. A service that refuses a look makes the plan poorer, not impossible: `problems` says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError
from pipelines.definition.values import value_of
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.planning.cache_preview import PastRun, PastStep

# Three calls for each; a step served from an older execution is said to run again.
_LATEST = 3
_LISTED = 100
RUNNING = ("Executing", "Stopping")
# Scripts are a few kB; of anything larger no lines are compared.
MOST_BYTES = 512 * 1024


@dataclass(frozen=True)
class Evidence:
    """`runs` are the newest first; `running` are ARNs; `scripts` has the content of objects by S3 URI."""

    runs: tuple[PastRun, ...] = ()
    running: tuple[str, ...] = ()
    scripts: Mapping[str, bytes] | None = None
    problems: tuple[str, ...] = ()


def gather(aws: Aws, name: str, scripts: Iterable[str]) -> Evidence:
    """Look at a pipeline that is deployed, and at the objects that its definition refers to."""
    problems: list[str] = []
    runs: list[PastRun] = []
    running: tuple[str, ...] = ()
    contents: dict[str, bytes] = {}
    try:
        executions = aws.list_executions(name, _LISTED)
        running = running_of(executions)
        for execution in executions[:_LATEST]:
            runs += _past_run(aws, execution["PipelineExecutionArn"])
    except ServiceError as error:
        problems.append(f"earlier executions are not known: {error}")
    for uri in scripts:
        try:
            body = aws.read_bytes(uri, MOST_BYTES + 1)
        except ServiceError as error:
            problems.append(f"no line difference: {error}")
            continue
        if body is not None and len(body) <= MOST_BYTES:
            contents[uri] = body
    return Evidence(tuple(runs), running, contents, tuple(problems))


def running_of(executions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The ARNs of those that have not ended."""
    return tuple(
        each["PipelineExecutionArn"]
        for each in executions
        if each["PipelineExecutionStatus"] in RUNNING
    )


def _past_run(aws: Aws, arn: str) -> list[PastRun]:
    try:
        definition = parse(aws.execution_definition(arn))
    except DefinitionError:
        return []  # not one of ours: nothing can be told from it
    values = _typed(definition, aws.execution_parameters(arn))
    steps = {each["StepName"]: _past_step(arn, each) for each in aws.list_steps(arn) if _done(each)}
    return [PastRun(arn, definition, values, steps)]


def _done(step: Mapping[str, Any]) -> bool:
    return bool(step.get("StepStatus") == "Succeeded")


def _past_step(arn: str, step: Mapping[str, Any]) -> PastStep:
    for member in ("CacheHitResult", "SelectiveExecutionResult"):
        if source := step.get(member, {}).get("SourcePipelineExecutionArn"):
            return PastStep(source)  # when the work was done, that execution knows
    ended = step.get("EndTime")
    return PastStep(arn, ended.timestamp() if ended is not None else None)


def _typed(definition: Definition, values: Mapping[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for parameter in definition.parameters:
        if parameter.name in values:
            try:
                typed[parameter.name] = value_of(parameter.type, values[parameter.name])
            except ValueError:
                typed[parameter.name] = values[parameter.name]
    return typed
