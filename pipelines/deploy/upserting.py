"""The work behind `python -m pipelines.upsert`: everything heavy is imported here, not by the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy import start
from pipelines.deploy.apply import apply
from pipelines.deploy.deployer import Composed, compose, plan_all
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import DONE, FAILED
from pipelines.deploy.execution import Status
from pipelines.deploy.follow import follow, stay
from pipelines.deploy.plan import Plan
from pipelines.deploy.report import plan_lines, say, start_line
from pipelines.deploy.start import Launch, StartOptions
from pipelines.deploy.synth import composition_names


@dataclass(frozen=True)
class UpsertOptions:
    """`start` is None when nothing is to be started; `plan_only` shows and stops; no names: every pipeline."""

    names: tuple[str, ...]
    start: StartOptions | None
    wait: bool
    plan_only: bool


def upsert(
    environment: Environment, options: UpsertOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """Run the stages; the exit code and the document for `--json`. Raises DeployError."""
    composed = compose(environment, options.names or composition_names())
    launches = _launches(environment, composed, options.start)
    with open_endpoint(environment) as endpoint:
        say(console, f"{environment.name}: {endpoint.label}", "")
        plans = plan_all(endpoint.aws, environment, composed, launches)
        _show(console, plans, launches)
        if options.plan_only:
            pipelines = [_document(endpoint, each) for each in plans]
            return DONE, {"environment": environment.name, "pipelines": pipelines}
        for each in plans:
            apply(endpoint.aws, each.instructions)
        documents = {each.name: _document(endpoint, each) for each in plans}
        code = DONE
        for launch in launches.values():
            result, document = execute(endpoint, launch, console, wait=options.wait)
            documents[launch.name] |= document
            code = max(code, result)
    return code, {"environment": environment.name, "pipelines": list(documents.values())}


def execute(
    endpoint: Endpoint, launch: Launch, console: Console, *, wait: bool
) -> tuple[int, dict[str, Any]]:
    """Start an execution and wait when asked to, or when the runtime would end with this process."""
    arn = endpoint.aws.start(launch.name, launch.values)
    say(console, "", f"Started {arn}")
    if wait:
        followed = follow(endpoint, launch.definition, arn, console)
        return followed.exit_code, followed.document()
    if not endpoint.embedded:
        return DONE, {"execution": {"arn": arn, "status": str(Status.EXECUTING)}}
    followed = stay(endpoint, launch.definition, arn, console)
    # Without --wait the outcome is not the command's; being stopped by Ctrl-C is.
    return FAILED if followed.view.status is Status.STOPPED else DONE, followed.document()


def _launches(
    environment: Environment, composed: Sequence[Composed], options: StartOptions | None
) -> Mapping[str, Launch]:
    if options is None:
        return {}
    return {
        each.synthesis.name: start.prepare(
            environment, each.synthesis.name, each.definition, options
        )
        for each in composed
    }


def _show(console: Console, plans: Sequence[Plan], launches: Mapping[str, Launch]) -> None:
    for each in plans:
        say(console, *plan_lines(each))
        if each.name in launches:
            say(console, start_line(launches[each.name].values))


def _document(endpoint: Endpoint, plan: Plan) -> dict[str, Any]:
    found = endpoint.aws.describe_pipeline(plan.name)
    return {
        "name": plan.name,
        "action": plan.action,
        "arn": found["PipelineArn"] if found else None,
        "changes": [line.plain.strip() for line in plan_lines(plan)[1:]],
    }
