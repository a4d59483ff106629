"""The work behind `destroy`: delete a pipeline that runs nothing, after asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy.confirm import confirm
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import DeployError, listed
from pipelines.deploy.output import say
from pipelines.deploy.planner import project_of
from pipelines.deploy.planning.evidence import running_of
from pipelines.deploy.provenance import Owner, owner
from pipelines.deploy.text import count
from pipelines.deploy.versions import deployed_or_refuse


class StillRunning(DeployError):
    """Executions of the pipeline have not ended."""


@dataclass(frozen=True)
class DestroyOptions:
    yes: bool
    take_over: bool


def destroy(
    environment: Environment, name: str, options: DestroyOptions, console: Console
) -> dict[str, Any]:
    """Delete the pipeline; the document for `--json`. Raises DeployError, StillRunning, NotConfirmed."""
    with open_endpoint(environment) as endpoint:
        aws = endpoint.aws
        deployed = deployed_or_refuse(aws, environment, name)
        say(console, f"{environment.name}: {endpoint.label}", "")
        if (
            owner(project_of(environment), deployed.tags) is not Owner.OURS
            and not options.take_over
        ):
            raise DeployError(
                f"pipeline '{name}' was not deployed by project '{project_of(environment)}'; "
                "give --take-over to delete it all the same"
            )
        executions = aws.list_executions(name)
        if running := running_of(executions):
            raise StillRunning(
                listed(f"{name}: executions have not ended; stop them or wait", running)
            )
        say(
            console,
            f"  - delete pipeline {deployed.arn}",
            f"    with {count(len(aws.list_versions(name)), 'version')} and the records of "
            f"{count(len(executions), 'execution')}",
            "    jobs, models and objects in S3 stay",
        )
        confirm(f"Delete {name} in {environment.name}?", name, yes=options.yes)
        aws.delete_pipeline(name)
        say(console, "", f"Deleted {name}")
    return {"environment": environment.name, "name": name, "arn": deployed.arn, "deleted": True}
