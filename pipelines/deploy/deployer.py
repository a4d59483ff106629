"""The work behind `upsert` and `run`, stage by stage; everything heavy is imported here, not by the commands.

upsert: compose -> check -> describe -> plan -> apply -> start -> watch. run: describe -> start -> watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from params.environment import DEFAULT, Environment
from pipelines.definition.check import near
from pipelines.deploy import describe, parallel, sources, start
from pipelines.deploy.apply import apply
from pipelines.deploy.aws import Aws
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import (
    DONE,
    FAILED,
    DeployError,
    NotDeployed,
    UsageError,
)
from pipelines.deploy.gate import gate
from pipelines.deploy.outcome import Outcome
from pipelines.deploy.output import conclude, remark, say
from pipelines.deploy.plan import Instruction, Plan, plan_uploads
from pipelines.deploy.planner import (
    Composed,
    Planned,
    check_owners,
    composed,
    plan_each,
    review_all,
)
from pipelines.deploy.planning.documents import review_document
from pipelines.deploy.planning.plan_file import PlanFile, PlanOutdated, still_fits
from pipelines.deploy.planning.text import review_lines
from pipelines.deploy.promotion import check_promoted, counterparts
from pipelines.deploy.provenance import read_commit
from pipelines.deploy.report import (
    done_lines,
    instruction_documents,
    instruction_lines,
    plan_lines,
    start_line,
)
from pipelines.deploy.rollout import Task, roll_out
from pipelines.deploy.start import Launch, StartOptions
from pipelines.deploy.synth import CompositionFailed, composition_names
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.follow import follow, stay
from pipelines.deploy.watching.watch import Interrupts


@dataclass(frozen=True)
class UpsertOptions:
    """`start` is None when nothing is to be started; `plan_only` shows and stops; no names: every pipeline.

    `take_over` writes to pipelines of other projects too; without `cache` everything is composed anew.
    `promoted_from` is the environment that must have what is to be deployed.
    """

    names: tuple[str, ...]
    start: StartOptions | None
    wait: bool
    plan_only: bool
    take_over: bool = False
    cache: bool = True
    promoted_from: Environment | None = None


def upsert(
    environment: Environment, options: UpsertOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document for `--json`; a failure of one pipeline leaves the others alone.

    Raises DeployError: the failure of the only pipeline, or what concerns them all; then nothing was written.
    """
    names = options.names or composition_names()
    outcome = Outcome([environment.named(name) for name in names])
    attempts = [_attempt(name, environment, console, cache=options.cache) for name in names]
    wanted = outcome.kept(outcome.names, attempts)
    if there := options.promoted_from:
        found = counterparts(environment, there, [each.synthesis for each in wanted])
        say(console, *check_promoted(there, found, read_commit()))
    return deploy(environment, wanted, options, console, outcome)


def deploy(
    environment: Environment,
    wanted: Sequence[Composed],
    options: UpsertOptions,
    console: Console,
    outcome: Outcome,
) -> tuple[int, dict[str, Any]]:
    """Plan, apply and start what was composed; `outcome` has the failures so far. Like `upsert`."""
    launches = _launches(environment, wanted, options.start)
    documents: dict[str, dict[str, Any]] = {}
    code = DONE
    with open_endpoint(environment) as endpoint:
        remark(console, _heading(environment, endpoint), "")
        results = plan_each(endpoint.aws, environment, wanted, launches)
        planned = outcome.kept([each.synthesis.name for each in wanted], results)
        if options.plan_only:
            documents = _show_reviews(endpoint, environment, planned, launches, console)
        else:
            _show(console, planned, launches)
            _check(endpoint.aws, environment, planned, launches, options)
            documents = _apply(endpoint, [_task(each) for each in planned], outcome, console)
            code = _start(endpoint, launches, documents, console, wait=options.wait)
    outcome.show_failures()
    found = {"environment": environment.name, "pipelines": outcome.documents(documents)}
    return max(code, outcome.exit_code), found


def upsert_file(
    environment: Environment, file: PlanFile, console: Console, *, take_over: bool
) -> tuple[int, dict[str, Any]]:
    """Do what a plan file says, no more and no less; exit code and document like `upsert`. Raises DeployError."""
    if environment.region != file.region:
        raise PlanOutdated(
            f"environment '{environment.name}' is in {environment.region}, the plan is for "
            f"{file.region}; nothing was done: plan again"
        )
    plans = [each.plan for each in file.pipelines]
    with open_endpoint(environment) as endpoint:
        remark(console, _heading(environment, endpoint), "")
        deployed = parallel.every(lambda each: describe.deployed(endpoint.aws, each.name), plans)
        for each, now in zip(file.pipelines, deployed, strict=True):
            still_fits(each, now)
        if not take_over:
            check_owners(environment, list(zip(plans, deployed, strict=True)))
        remark(console, *(line for each in plans for line in plan_lines(each)))
        # A file does not say whose the objects are: without one of them none of the pipelines is written.
        needs = tuple(need for each in plans for need in each.shared)
        outcome = Outcome([each.name for each in plans])
        documents = _apply(
            endpoint,
            [
                Task(each, needs, now.arn if now else None)
                for each, now in zip(plans, deployed, strict=True)
            ],
            outcome,
            console,
        )
    outcome.show_failures()
    found = {"environment": environment.name, "pipelines": outcome.documents(documents)}
    return outcome.exit_code, found


def _check(
    aws: Aws,
    environment: Environment,
    planned: Sequence[Planned],
    launches: Mapping[str, Launch],
    options: UpsertOptions,
) -> None:
    """What must hold before the first thing is written. Raises DeployError."""
    for launch in launches.values():
        describe.check_input(aws, environment, launch)
    if not options.take_over:
        check_owners(environment, [(each.plan, each.deployed) for each in planned])


def _apply(
    endpoint: Endpoint, tasks: Sequence[Task], outcome: Outcome, console: Console
) -> dict[str, dict[str, Any]]:
    names = [task.plan.name for task in tasks]
    results = roll_out(endpoint.aws, tasks)
    missed = [each for notes in outcome.kept(names, results) for each in notes]
    done = [task for task in tasks if not outcome.failed(task.plan.name)]
    plans = [task.plan for task in done]
    described = parallel.each(lambda task: _document(endpoint, task.plan, task.arn), done)
    documents = outcome.kept([plan.name for plan in plans], described)
    conclude(console, *done_lines(plans), *(f"note: {each}" for each in missed))
    if len(outcome.names) > 1:
        conclude(console, outcome.summary({each.name: each.action for each in plans}))
    return {document["name"]: document for document in documents}


def _start(
    endpoint: Endpoint,
    launches: Mapping[str, Launch],
    documents: dict[str, dict[str, Any]],
    console: Console,
    *,
    wait: bool,
) -> int:
    """Start what was deployed, and add to its document what became of it; the worst exit code."""
    code = DONE
    for launch in [each for each in launches.values() if each.name in documents]:
        result, document = _execute(endpoint, launch, console, wait=wait)
        documents[launch.name] |= document
        code = max(code, result)
        if document["execution"]["status"] == Status.STOPPED:
            break  # Ctrl-C means the others too
    return code


def _show_reviews(
    endpoint: Endpoint,
    environment: Environment,
    planned: Sequence[Planned],
    launches: Mapping[str, Launch],
    console: Console,
) -> dict[str, dict[str, Any]]:
    reviews = review_all(endpoint.aws, environment, planned)
    for each in reviews:
        say(console, *review_lines(each))
        if each.name in launches:
            say(console, start_line(launches[each.name].values))
    for launch in launches.values():
        describe.check_input(endpoint.aws, environment, launch)
    remark(console, "", "This is the plan; nothing was done.")
    documents = parallel.every(
        lambda each: _document(endpoint, each.plan, _task(each).arn), planned
    )
    return {
        each.plan.name: document | review_document(review)
        for each, document, review in zip(planned, documents, reviews, strict=True)
    }


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
        remark(console, _heading(environment, endpoint), "", *instruction_lines(uploads))
        remark(console, start_line(launch.values))
        describe.check_input(endpoint.aws, environment, launch)
        apply(endpoint.aws, uploads)
        code, document = _execute(endpoint, launch, console, wait=True)
    pipeline = {"name": name, "action": "run", **document}
    return code, {"environment": environment.name, "pipelines": [pipeline]}


def _heading(environment: Environment, endpoint: Endpoint) -> str:
    return f"{environment.name}: {endpoint.label}"


def _not_deployed(environment: Environment, name: str) -> DeployError:
    where = f"in environment '{environment.name}'"
    known = {environment.named(each): each for each in composition_names()}
    if name not in known:
        return UsageError(f"no pipeline '{name}' is deployed {where}{near(name, known)}")
    options = "" if environment.name == DEFAULT else f" --env {environment.name}"
    options += f" --suffix {environment.suffix}" if environment.suffix else ""
    return NotDeployed(
        f"pipeline '{name}' is not deployed {where}; "
        f"deploy it with: python -m pipelines.upsert {known[name]}{options}"
    )


def _attempt(
    name: str, environment: Environment, console: Console, *, cache: bool
) -> Composed | DeployError:
    """Compose one of many: whatever is wrong with it, the others are composed too."""
    try:
        [each] = compose(environment, [name], console, cache=cache)
    except DeployError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a composition is the user's code
        failure = CompositionFailed(
            f"{name}: {type(error).__name__}: {error}; python -m pipelines.synth {name} --debug shows where"
        )
        failure.__cause__ = error
        return failure
    return each


def compose(
    environment: Environment, names: Sequence[str], console: Console, *, cache: bool
) -> tuple[Composed, ...]:
    """Synthesise and validate, without names every pipeline. Raises DefinitionInvalid with all errors found."""
    found = sources.compositions(names, environment, cache=cache)
    remark(console, *gate(environment, found, cache=cache))
    return tuple(composed(each) for each in found)


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


def _uploads(aws: Aws, environment: Environment, launch: Launch) -> tuple[Instruction, ...]:
    if not launch.uploads:
        return ()
    facts = describe.storage_facts(aws, environment, launch.objects())
    return plan_uploads(environment, launch.uploads, facts)


def _show(console: Console, planned: Sequence[Planned], launches: Mapping[str, Launch]) -> None:
    for each in planned:
        remark(console, *plan_lines(each.plan))
        if each.plan.name in launches:
            remark(console, start_line(launches[each.plan.name].values))


def _execute(
    endpoint: Endpoint, launch: Launch, console: Console, *, wait: bool
) -> tuple[int, dict[str, Any]]:
    """Start an execution and wait when asked to, or when the runtime would end with this process."""
    # From before the start, so that no Ctrl-C leaves an execution behind that nobody has heard of.
    with Interrupts() as interrupts:
        arn = endpoint.aws.start(launch.name, launch.values)
        started = f"Started {arn}"
        if wait:
            remark(console, "", started)
            followed = follow(endpoint, launch, arn, console, interrupts.wait)
            return followed.exit_code, followed.document()
        conclude(console, started)
        if not endpoint.embedded:
            return DONE, {"execution": {"arn": arn, "status": str(Status.EXECUTING)}}
        followed = stay(endpoint, launch, arn, console, interrupts.wait)
    # Without --wait the outcome is not the command's; being stopped by Ctrl-C is.
    return FAILED if followed.view.status is Status.STOPPED else DONE, followed.document()


def _task(planned: Planned) -> Task:
    return Task(planned.plan, planned.needs, planned.deployed.arn if planned.deployed else None)


def _document(endpoint: Endpoint, plan: Plan, arn: str | None) -> dict[str, Any]:
    if arn is None:
        found = endpoint.aws.describe_pipeline(plan.name)
        arn = found["PipelineArn"] if found else None
    return {
        "name": plan.name,
        "action": plan.action,
        "arn": arn,
        "instructions": instruction_documents(plan.instructions),
    }
