"""What a plan means: which steps run again, what an execution may cost, who may stumble. Pure; judges evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.definition.difference import Change
from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError
from pipelines.definition.graph import CycleError, upstream
from pipelines.deploy.plan import CreatePipeline, Deployed, Plan, UpdatePipeline
from pipelines.deploy.planning.breaking import breaking
from pipelines.deploy.planning.cache_preview import Forecast, forecast, lost
from pipelines.deploy.planning.cost import Cost, cost
from pipelines.deploy.planning.evidence import Evidence
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.planning.scripts import ScriptChange, changed_scripts, compare_scripts
from pipelines.deploy.provenance import COMMIT, Owner, drifted, owner, recorded_project


@dataclass(frozen=True)
class Subject:
    """What is planned for: `before` is what is deployed, where that can be read as a definition."""

    plan: Plan
    definition: Definition
    deployed: Deployed | None
    before: Definition | None


@dataclass(frozen=True)
class Standing:
    """Whose the deployed pipeline is: `project` and `commit` as recorded, `drifted` when changed since then."""

    owner: Owner
    project: str | None
    commit: str | None
    drifted: bool


@dataclass(frozen=True)
class Review:
    """A plan and its consequences.

    `cache` is None when it cannot be told, `lost` are steps that the deployed definition would be served.
    `cost_before` is None where nothing readable is deployed, `standing` where nothing is deployed at all.
    """

    subject: Subject
    changes: tuple[Change, ...]
    edges: tuple[Change, ...]
    scripts: tuple[ScriptChange, ...]
    cache: tuple[Forecast, ...] | None
    lost: tuple[Forecast, ...]
    cost: Cost
    cost_before: Cost | None
    breaking: tuple[str, ...]
    running: tuple[str, ...]
    standing: Standing | None
    problems: tuple[str, ...]
    prices: Prices

    @property
    def name(self) -> str:
        return self.subject.plan.name


@dataclass(frozen=True)
class Circumstances:
    """What does not depend on the plan: who asks, at what prices, when (epoch seconds)."""

    project: str
    prices: Prices
    now: float


def subject_of(plan: Plan, definition: Definition, deployed: Deployed | None) -> Subject:
    """Put a plan beside what it starts from."""
    return Subject(plan, definition, deployed, _readable(deployed))


def changes_of(plan: Plan) -> tuple[Change, ...]:
    """What an update would change; nothing for a new pipeline."""
    updates = [each for each in plan.instructions if isinstance(each, UpdatePipeline)]
    return updates[0].changes if updates else ()


def review(subject: Subject, evidence: Evidence, circumstances: Circumstances) -> Review:
    """Judge a plan."""
    changes = changes_of(subject.plan)
    before, after = subject.before, subject.definition
    prices = circumstances.prices
    passed = {name for run in evidence.runs for name in run.values}
    told, gone = _caches(subject, evidence, circumstances.now)
    return Review(
        subject=subject,
        changes=changes,
        edges=tuple(_edges(before, after, changes)) if before and changes else (),
        scripts=compare_scripts(changed_scripts(changes), evidence.scripts or {}),
        cache=told,
        lost=gone,
        cost=cost(after, prices),
        cost_before=cost(before, prices) if before else None,
        breaking=breaking(before, after, passed) if before else (),
        running=evidence.running,
        standing=_standing(subject.deployed, circumstances.project),
        problems=evidence.problems,
        prices=prices,
    )


def _readable(deployed: Deployed | None) -> Definition | None:
    if deployed is None:
        return None
    try:
        definition = parse(deployed.definition)
    except DefinitionError:
        return None
    # What is deployed was never checked here; only what names are for is needed.
    names = {step.name for step in definition.steps}
    return definition if len(names) == len(definition.steps) else None


def _is_sent(plan: Plan) -> bool:
    """Whether the plan writes the definition."""
    return any(
        isinstance(each, CreatePipeline)
        or (isinstance(each, UpdatePipeline) and each.definition is not None)
        for each in plan.instructions
    )


def _caches(
    subject: Subject, evidence: Evidence, now: float
) -> tuple[tuple[Forecast, ...] | None, tuple[Forecast, ...]]:
    try:
        before = forecast(subject.before, evidence.runs, now) if subject.before else ()
        # Where only the order of lists differs, what is deployed stays, and runs in the order it has.
        stays = subject.before is not None and not _is_sent(subject.plan)
        after = before if stays else forecast(subject.definition, evidence.runs, now)
    except CycleError:
        return None, ()  # such a definition is refused anyway
    return after, lost(before, after)


def _edges(before: Definition, after: Definition, changes: Sequence[Change]) -> Iterator[Change]:
    """Which step newly waits for which, or no longer does, as far as no change of DependsOn says so.

    Of steps that both definitions have; those of a new or gone step go without saying.
    """
    said = {each.path for each in changes}
    old, new = upstream(before), upstream(after)
    for name in (name for name in new if name in old):
        for sign, sources in (("+", new[name] - old[name]), ("-", old[name] - new[name])):
            for source in sorted(sources):
                in_both = source in old and source in new
                if in_both and f"Steps.{name}.DependsOn.{source}" not in said:
                    yield Change(sign, f"{source} → {name}", kind="edge")


def _standing(deployed: Deployed | None, project: str) -> Standing | None:
    if deployed is None:
        return None
    tags = deployed.tags
    return Standing(
        owner=owner(project, tags),
        project=recorded_project(tags),
        commit=tags.get(COMMIT),
        drifted=drifted(tags, deployed.definition),
    )
