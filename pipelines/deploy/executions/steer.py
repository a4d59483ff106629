"""The work behind `stop`, `retry` and `open`: one execution, one act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import DONE, DeployError, RuntimeUnavailable, ServiceError
from pipelines.deploy.executions import links
from pipelines.deploy.executions.named import Target, executed_definition, find, typed
from pipelines.deploy.output import say
from pipelines.deploy.start import Launch, environment_option
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.follow import follow, interval
from pipelines.deploy.watching.watch import Interrupts, pause

_RETRIED = (Status.FAILED, Status.STOPPED)


@dataclass(frozen=True)
class Page:
    """Where an execution can be looked at; `note` says what is in the way of a better address."""

    url: str
    note: str | None = None


def stop(
    environment: Environment, name: str, console: Console, *, wait: bool
) -> tuple[int, dict[str, Any]]:
    """Ask for an execution to stop; the exit code and the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        target = find(Executions(endpoint.aws), environment, name)
        status = _status(endpoint, target)
        if status.is_finished():
            say(console, f"{target.arn} is {status}: there is nothing to stop.")
        else:
            endpoint.aws.stop(target.arn)
            say(console, f"Stopping {target.arn}")
            status = _until_finished(endpoint, target) if wait else _status(endpoint, target)
            say(console, f"It is {status}.")
    return DONE, _document(environment, target, status)


def retry(environment: Environment, name: str, console: Console) -> tuple[int, dict[str, Any]]:
    """Continue an execution and watch it to its end, as `run` does. Raises DeployError."""
    with open_endpoint(environment) as endpoint, Interrupts() as interrupts:
        executions = Executions(endpoint.aws)
        target = find(executions, environment, name)
        status = _status(endpoint, target)
        if status not in _RETRIED:
            raise DeployError(
                f"{target.arn} is {status}; only a Failed or Stopped execution can be retried. "
                f"A new one: {typed('run', environment, target.pipeline)}"
            )
        definition = executed_definition(endpoint.aws, target)
        executions.retry(target.arn)
        say(console, f"{environment.name}: {endpoint.label}", "", f"Retrying {target.arn}")
        option = environment_option(environment)
        launch = Launch(target.pipeline, definition, {}, (), typed=option, where=option)
        followed = follow(endpoint, launch, target.arn, console, interrupts.wait)
    pipeline = {"name": target.pipeline, "action": "retry", **followed.document()}
    return followed.exit_code, {"environment": environment.name, "pipelines": [pipeline]}


def page(environment: Environment, name: str) -> tuple[Page, dict[str, Any]]:
    """The address of an execution's page, and the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        executions = Executions(endpoint.aws)
        target = find(executions, environment, name)
        found = _page(endpoint, environment, executions, target)
        document = {"environment": environment.name, "arn": target.arn, "url": found.url}
    return found, document | ({"note": found.note} if found.note else {})


def _page(
    endpoint: Endpoint, environment: Environment, executions: Executions, target: Target
) -> Page:
    if endpoint.embedded:
        raise RuntimeUnavailable(
            f"no runtime serves {endpoint.state}, so nothing shows its pages; "
            "start `python -m runtime studio` in another terminal, then open again"
        )
    if endpoint.state is not None:
        return Page(links.local_page(endpoint.aws.endpoint, target))
    region = target.arn.split(":")[3]
    try:
        domains = executions.studio_domains()
    except ServiceError as error:
        return Page(links.console_page(region), f"the Studio domain is not known: {error}")
    if not domains:
        note = f"AWS shows executions in SageMaker Studio, and {region} has no Studio domain"
        return Page(links.console_page(region), note)
    others = ", ".join(domains[1:])
    return Page(
        links.studio_page(region, domains[0], target),
        f"there are other Studio domains too: {others}" if others else None,
    )


def _status(endpoint: Endpoint, target: Target) -> Status:
    return Status(endpoint.aws.describe_execution(target.arn)["PipelineExecutionStatus"])


def _until_finished(endpoint: Endpoint, target: Target) -> Status:
    while not (status := _status(endpoint, target)).is_finished():
        pause(interval(endpoint))
    return status


def _document(environment: Environment, target: Target, status: Status) -> dict[str, Any]:
    return {
        "environment": environment.name,
        "pipeline": target.pipeline,
        "execution": {"arn": target.arn, "status": str(status)},
    }
