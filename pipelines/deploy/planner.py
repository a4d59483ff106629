"""The work behind `plan`, and the planning of `upsert`: describe what is deployed, decide, judge the consequences.

definition -> check -> describe -> plan -> gather evidence -> review. Writes nothing but the plan file.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from params.environment import Environment
from pipelines.definition.check import check
from pipelines.definition.document import Definition, canonical, parse
from pipelines.definition.errors import DefinitionError
from pipelines.deploy import describe, parallel
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import DefinitionInvalid, DeployError, UsageError, listed
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import (
    Deployed,
    Facts,
    Instruction,
    Plan,
    plan,
    plan_uploads,
    without_repeats,
)
from pipelines.deploy.planning import prices
from pipelines.deploy.planning.cache_preview import PastRun, PastStep
from pipelines.deploy.planning.evidence import Evidence, gather
from pipelines.deploy.planning.review import (
    Circumstances,
    Review,
    changes_of,
    review,
    subject_of,
)
from pipelines.deploy.planning.scripts import changed_scripts
from pipelines.deploy.provenance import Owner, Record, owner, read_commit, recorded_project
from pipelines.deploy.sources import Source, from_file
from pipelines.deploy.start import Launch

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")


@dataclass(frozen=True)
class Composed:
    """A synthesis that is well formed, and its definition as data; `ours`: composed here, so role and tags are ours too."""

    synthesis: Synthesis
    definition: Definition
    ours: bool = True


@dataclass(frozen=True)
class Planned:
    """A plan, for what, and what it starts from; `compared`: with something else than what it would replace.

    `needs` are the bucket and the objects it needs, also those that an earlier plan brings.
    """

    plan: Plan
    composed: Composed
    deployed: Deployed | None
    compared: bool = False
    needs: tuple[Instruction, ...] = ()


def checked(synthesis: Synthesis, origin: str = "definition", *, ours: bool = True) -> Composed:
    """Read a definition. Raises DefinitionInvalid with every problem."""
    heading = f"{synthesis.name}: {origin}"
    try:
        definition = parse(synthesis.definition)
    except DefinitionError as error:
        raise DefinitionInvalid(listed(heading, error.problems)) from error
    if problems := check(definition):
        raise DefinitionInvalid(listed(heading, problems))
    return Composed(synthesis, definition, ours)


def composed(source: Source) -> Composed:
    """Read what `sources.read` found. Raises DefinitionInvalid."""
    if source.synthesis is not None:
        return checked(source.synthesis)
    read = checked(Synthesis(source.name, "", source.text, ()), source.origin, ours=False)
    text = canonical(read.definition.document)
    return replace(read, synthesis=replace(read.synthesis, definition=text))


def record_of(environment: Environment) -> Record:
    """What to write down about who deploys."""
    return Record(project_of(environment), read_commit())


def project_of(environment: Environment) -> str:
    """What this project calls itself: the `project` tag of the environment, else its prefix."""
    return environment.tags.get("project", environment.prefix)


def plan_all(
    aws: Aws,
    environment: Environment,
    wanted: Sequence[Composed],
    launches: Mapping[str, Launch],
) -> tuple[Planned, ...]:
    """Like `plan_each`. Raises DeployError with every failure."""
    results = plan_each(aws, environment, wanted, launches)
    failures = [result for result in results if isinstance(result, DeployError)]
    if len(failures) > 1:
        raise DeployError(listed(f"environment '{environment.name}'", failures))
    for failure in failures:
        raise failure
    return tuple(result for result in results if isinstance(result, Planned))


def plan_each(
    aws: Aws,
    environment: Environment,
    wanted: Sequence[Composed],
    launches: Mapping[str, Launch],
) -> tuple[Planned | DeployError, ...]:
    """Describe what is deployed and decide what to do; why not, for a pipeline that cannot be described.

    Raises the first failure when none can be described, and DeployError as `describe.storage_facts` does.
    """
    # The pipelines first: what is wrong with the credentials SageMaker says in words, S3's HEAD in a number.
    found = parallel.each(lambda each: describe.deployed(aws, each.synthesis.name), wanted)
    if found and all(isinstance(each, DeployError) for each in found):
        raise next(each for each in found if isinstance(each, DeployError))
    objects = [pair for each in wanted for pair in _objects(each, launches)]
    storage = describe.storage_facts(aws, environment, dict.fromkeys(objects))
    record = record_of(environment)
    results = [
        (
            deployed
            if isinstance(deployed, DeployError)
            else _plan(
                environment,
                each,
                replace(storage, pipeline=deployed),
                launches.get(each.synthesis.name),
                record,
            )
        )
        for each, deployed in zip(wanted, found, strict=True)
    ]
    plans = iter(without_repeats(each.plan for each in results if isinstance(each, Planned)))
    return tuple(
        (
            replace(each, plan=next(plans), needs=each.plan.shared)
            if isinstance(each, Planned)
            else each
        )
        for each in results
    )


def _objects(wanted: Composed, launches: Mapping[str, Launch]) -> Iterator[tuple[str, str]]:
    yield from ((asset.bucket, asset.key) for asset in wanted.synthesis.assets)
    if launch := launches.get(wanted.synthesis.name):
        yield from launch.objects()


def plan_against(environment: Environment, wanted: Composed, other: Deployed) -> Planned:
    """Decide what it would take to turn something else into the wanted; without tags and assets."""
    bare = replace(wanted.synthesis, assets=(), description=other.description)
    stand_in = replace(environment, role_arn=other.role_arn, tags={})
    decided = plan(stand_in, bare, Facts(other, bucket=True))
    return Planned(decided, wanted, other, compared=True)


def other_side(aws: Aws | None, against: str) -> Deployed:
    """What `--against` names: a definition file, or a deployed pipeline. Raises UsageError."""
    if aws is None:
        if not Path(against).is_file():
            raise UsageError(f"--against {against}: there is no such file")
        other = checked(Synthesis(Path(against).stem, "", from_file(against).text, ()), against)
        return Deployed("", other.synthesis.definition, "", "", {})
    found = describe.deployed(aws, pipeline_name(against, f"--against {against}"))
    if found is None:
        raise UsageError(f"--against {against}: no such pipeline is deployed, and no such file")
    return found


def is_file(against: str | None) -> bool:
    """Whether `--against` names a file."""
    return against is not None and (against.endswith(".json") or Path(against).is_file())


def pipeline_name(name: str, where: str) -> str:
    """The name, if it can be a pipeline's; `where` says who gave it. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}: '{name}' cannot be the name of a pipeline (letters, digits and hyphens)"
        )
    return name


def review_all(
    aws: Aws | None, environment: Environment, planned: Sequence[Planned]
) -> tuple[Review, ...]:
    """Judge each plan. Raises DeployError when the table of prices cannot be read."""
    circumstances = Circumstances(
        project_of(environment),
        prices.load(environment.region),
        time.time(),
    )
    return parallel.every(lambda each: _review(aws, each, circumstances), planned)


def check_owners(environment: Environment, planned: Sequence[tuple[Plan, Deployed | None]]) -> None:
    """Raise DeployError for pipelines of others that a plan would write to."""
    project = project_of(environment)
    problems = [
        f"'{each.name}' {_whose(deployed)}"
        for each, deployed in planned
        if deployed is not None and _foreign(project, each, deployed)
    ]
    if problems:
        raise DeployError(
            listed(f"environment '{environment.name}'", problems)
            + f"; this is project '{project}': give --take-over to overwrite, or use another name"
        )


def _plan(
    environment: Environment,
    wanted: Composed,
    facts: Facts,
    launch: Launch | None,
    record: Record,
) -> Planned:
    synthesis = wanted.synthesis
    if not wanted.ours and facts.pipeline is not None:
        # A bare definition says nothing about role, tags and description.
        synthesis = replace(synthesis, description=facts.pipeline.description)
        environment = replace(environment, role_arn=facts.pipeline.role_arn, tags={})
    decided = plan(environment, synthesis, facts, record)
    extra = plan_uploads(environment, launch.uploads if launch else (), facts)
    both = Plan(decided.name, (*decided.instructions, *extra))
    return Planned(both, wanted, facts.pipeline)


def _review(aws: Aws | None, each: Planned, circumstances: Circumstances) -> Review:
    subject = subject_of(each.plan, each.composed.definition, each.deployed)
    evidence = Evidence()
    pairs = changed_scripts(changes_of(each.plan))
    local = dict(_local_scripts(each.composed.synthesis, [new for _, new in pairs]))
    if aws is not None and each.deployed is not None:
        uris = dict.fromkeys(uri for pair in pairs for uri in pair if uri not in local)
        evidence = gather(aws, each.deployed.arn or each.plan.name, tuple(uris))
    elif subject.before is not None:
        evidence = Evidence(runs=(_as_if_run(subject.before),))
    evidence = replace(evidence, scripts={**(evidence.scripts or {}), **local})
    judged = review(subject, evidence, circumstances)
    return replace(judged, standing=None) if each.compared else judged


def _as_if_run(definition: Definition) -> PastRun:
    """An execution that never was: between two files it tells which steps would lose their cache."""
    done = {step.name: PastStep("before") for step in definition.steps}
    return PastRun("before", definition, {}, done)


def _local_scripts(synthesis: Synthesis, uris: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for asset in synthesis.assets:
        if asset.uri in uris:
            yield asset.uri, asset.path.read_bytes()


def _foreign(project: str, each: Plan, deployed: Deployed) -> bool:
    if not each.instructions:
        return False
    whose = owner(project, deployed.tags)
    # What nobody has recorded is adopted when it is what we would deploy anyway.
    return whose is Owner.OTHERS or (whose is Owner.UNRECORDED and bool(changes_of(each)))


def _whose(deployed: Deployed) -> str:
    project = recorded_project(deployed.tags)
    return f"belongs to project '{project}'" if project else "was not deployed by this project"
