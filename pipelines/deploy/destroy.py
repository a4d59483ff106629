"""The work behind `destroy`: delete a pipeline that runs nothing, after asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy import parallel
from pipelines.deploy.confirm import confirm
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import DeployError, listed
from pipelines.deploy.outcome import Outcome
from pipelines.deploy.output import conclude, remark, say
from pipelines.deploy.planner import project_of
from pipelines.deploy.planning.evidence import running_of
from pipelines.deploy.provenance import Owner, owner
from pipelines.deploy.synth import composition_names
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
        remark(console, f"{environment.name}: {endpoint.label}", "")
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
        remark(
            console,
            f"  - delete pipeline {deployed.arn}",
            f"    with {count(len(aws.list_versions(name)), 'version')} and the records of "
            f"{count(len(executions), 'execution')}",
            "    jobs, models and objects in S3 stay",
        )
        confirm(f"Delete {name} in {environment.name}?", name, yes=options.yes)
        aws.delete_pipeline(name)
        conclude(console, f"Deleted {name}")
    return {"environment": environment.name, "name": name, "arn": deployed.arn, "deleted": True}


def destroy_branch(
    environment: Environment, options: DestroyOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """Delete every pipeline of a branch environment, asking for each; the exit code and the document for `--json`.

    A failure leaves the others alone. Raises NotConfirmed, or the failure of the only one.
    """
    named = [environment.named(each) for each in composition_names()]
    with open_endpoint(environment) as endpoint:
        found = parallel.every(endpoint.aws.describe_pipeline, named)
    there = [name for name, each in zip(named, found, strict=True) if each is not None]
    outcome = Outcome(there)
    documents: dict[str, dict[str, Any]] = {}
    for name in there:
        results = parallel.each(lambda each: destroy(environment, each, options, console), [name])
        documents |= {each["name"]: each for each in outcome.kept([name], results)}
    home = f"s3://{environment.bucket}/{environment.prefix}/"
    if not there:
        say(console, f"no pipeline of the branch '{environment.suffix}' is deployed")
    say(console, f"what its executions wrote stays: aws s3 rm --recursive {home}")
    outcome.show_failures()
    pipelines = outcome.documents(documents)
    return outcome.exit_code, {"environment": environment.name, "pipelines": pipelines}
