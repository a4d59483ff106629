"""The work behind `upsert` and `run`, stage by stage; everything heavy is imported here, not by the commands.

upsert: compose -> check -> describe -> plan -> apply -> start -> watch. run: describe -> start -> watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import DEFAULT, Environment
from pipelines.definition.check import check, near
from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError
from pipelines.deploy import describe, start
from pipelines.deploy.apply import apply
from pipelines.deploy.aws import Aws
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import (
    DONE,
    FAILED,
    DefinitionInvalid,
    DeployError,
    NotDeployed,
    UsageError,
    listed,
)
from pipelines.deploy.models import Synthesis
from pipelines.deploy.output import say
from pipelines.deploy.plan import Instruction, Plan, plan, plan_uploads, without_repeats
from pipelines.deploy.report import (
    done_lines,
    instruction_documents,
    instruction_lines,
    plan_lines,
    start_line,
)
from pipelines.deploy.start import Launch, StartOptions
from pipelines.deploy.synth import composition_names, synthesise
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.follow import follow, stay
from pipelines.deploy.watching.watch import Interrupts


@dataclass(frozen=True)
class UpsertOptions:
    """`start` is None when nothing is to be started; `plan_only` shows and stops; no names: every pipeline."""

    names: tuple[str, ...]
    start: StartOptions | None
    wait: bool
    plan_only: bool


@dataclass(frozen=True)
class Composed:
    """A synthesis that is well formed, and its definition as data."""

    synthesis: Synthesis
    definition: Definition


def upsert(
    environment: Environment, options: UpsertOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document for `--json`. Raises DeployError."""
    composed = compose(environment, options.names or composition_names())
    launches = _launches(environment, composed, options.start)
    with open_endpoint(environment) as endpoint:
        say(console, _heading(environment, endpoint), "")
        plans = plan_all(endpoint.aws, environment, composed, launches)
        _show(console, plans, launches)
        for launch in launches.values():
            describe.check_input(endpoint.aws, environment, launch)
        if options.plan_only:
            say(console, "", "This is the plan; nothing was done.")
            pipelines = [_document(endpoint, each) for each in plans]
            return DONE, {"environment": environment.name, "pipelines": pipelines}
        for each in plans:
            apply(endpoint.aws, each.instructions)
        documents = {each.name: _document(endpoint, each) for each in plans}
        say(console, *done_lines(plans))
        code = DONE
        for launch in launches.values():
            result, document = _execute(endpoint, launch, console, wait=options.wait)
            documents[launch.name] |= document
            code = max(code, result)
            if document["execution"]["status"] == Status.STOPPED:
                break  # Ctrl-C means the others too
    return code, {"environment": environment.name, "pipelines": list(documents.values())}


def run(
    environment: Environment, name: str, options: StartOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """Start what is deployed; the exit code and the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        definition = describe.deployed_definition(endpoint.aws, name)
        if definition is None:
            raise _not_deployed(environment, name)
        launch = start.prepare(environment, name, definition, options)
        uploads = _uploads(endpoint.aws, environment, launch)
        say(console, _heading(environment, endpoint), "", *instruction_lines(uploads))
        say(console, start_line(launch.values))
        describe.check_input(endpoint.aws, environment, launch)
        apply(endpoint.aws, uploads)
        code, document = _execute(endpoint, launch, console, wait=True)
    pipeline = {"name": name, "action": "run", **document}
    return code, {"environment": environment.name, "pipelines": [pipeline]}


def _heading(environment: Environment, endpoint: Endpoint) -> str:
    return f"{environment.name}: {endpoint.label}"


def _not_deployed(environment: Environment, name: str) -> DeployError:
    where = f"in environment '{environment.name}'"
    if name not in composition_names():
        return UsageError(
            f"no pipeline '{name}' is deployed {where}{near(name, composition_names())}"
        )
    option = "" if environment.name == DEFAULT else f" --env {environment.name}"
    return NotDeployed(
        f"pipeline '{name}' is not deployed {where}; "
        f"deploy it with: python -m pipelines.upsert {name}{option}"
    )


def compose(environment: Environment, names: Sequence[str]) -> tuple[Composed, ...]:
    """Synthesise and check. Raises DefinitionInvalid with every problem of the first bad pipeline."""
    return tuple(_checked(synthesise(name, environment)) for name in names)


def _checked(synthesis: Synthesis) -> Composed:
    try:
        definition = parse(synthesis.definition)
    except DefinitionError as error:
        raise DefinitionInvalid(listed(f"{synthesis.name}: definition", error.problems)) from error
    if problems := check(definition):
        raise DefinitionInvalid(listed(f"{synthesis.name}: definition", problems))
    return Composed(synthesis, definition)


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


def plan_all(
    aws: Aws,
    environment: Environment,
    composed: Sequence[Composed],
    launches: Mapping[str, Launch],
) -> tuple[Plan, ...]:
    """Describe what is deployed and decide what to do, for each pipeline in turn."""
    return without_repeats(
        _plan(aws, environment, each.synthesis, launches.get(each.synthesis.name))
        for each in composed
    )


def _plan(aws: Aws, environment: Environment, synthesis: Synthesis, launch: Launch | None) -> Plan:
    assets = [(asset.bucket, asset.key) for asset in synthesis.assets]
    objects = [*assets, *(launch.objects() if launch else ())]
    facts = describe.facts(aws, environment, synthesis.name, objects)
    decided = plan(environment, synthesis, facts)
    extra = plan_uploads(environment, launch.uploads if launch else (), facts)
    return Plan(decided.name, (*decided.instructions, *extra))


def _uploads(aws: Aws, environment: Environment, launch: Launch) -> tuple[Instruction, ...]:
    if not launch.uploads:
        return ()
    facts = describe.storage_facts(aws, environment, launch.objects())
    return plan_uploads(environment, launch.uploads, facts)


def _show(console: Console, plans: Sequence[Plan], launches: Mapping[str, Launch]) -> None:
    for each in plans:
        say(console, *plan_lines(each))
        if each.name in launches:
            say(console, start_line(launches[each.name].values))


def _execute(
    endpoint: Endpoint, launch: Launch, console: Console, *, wait: bool
) -> tuple[int, dict[str, Any]]:
    """Start an execution and wait when asked to, or when the runtime would end with this process."""
    # From before the start, so that no Ctrl-C leaves an execution behind that nobody has heard of.
    with Interrupts() as interrupts:
        arn = endpoint.aws.start(launch.name, launch.values)
        say(console, "", f"Started {arn}")
        if wait:
            followed = follow(endpoint, launch, arn, console, interrupts.wait)
            return followed.exit_code, followed.document()
        if not endpoint.embedded:
            return DONE, {"execution": {"arn": arn, "status": str(Status.EXECUTING)}}
        followed = stay(endpoint, launch, arn, console, interrupts.wait)
    # Without --wait the outcome is not the command's; being stopped by Ctrl-C is.
    return FAILED if followed.view.status is Status.STOPPED else DONE, followed.document()


def _document(endpoint: Endpoint, plan: Plan) -> dict[str, Any]:
    found = endpoint.aws.describe_pipeline(plan.name)
    return {
        "name": plan.name,
        "action": plan.action,
        "arn": found["PipelineArn"] if found else None,
        "instructions": instruction_documents(plan.instructions),
    }
