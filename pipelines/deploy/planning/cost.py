"""The most that one execution can cost: instances x time limit x jobs x price an hour, summed. Pure.

Parameters count with their defaults. Not counted: retries, storage, data transfer, and whatever a script starts by
itself. Of the branches of a condition the dearer one counts. What cannot be bounded is said, never taken as zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.definition.document import BRANCHES, Definition, StepDefinition
from pipelines.definition.expressions import ParameterReference, references
from pipelines.deploy.planning.jobs import Fleet, Job, job_of
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.planning.resolving import (
    Scope,
    Unknown,
    default_values,
    resolve,
    scope_of,
)
from pipelines.deploy.text import duration

_JOB_TYPES = ("Processing", "Training", "Tuning", "Transform", "QualityCheck", "ClarifyCheck")
# Types that start no instances which are billed by the hour, or only those of other steps.
_FREE = (
    *("Condition", "Fail", "Lambda", "Callback", "Model", "RegisterModel"),
    *("EndpointConfig", "Lineage", "Cleanup", "ForEach"),
)
# Where a request says how much of what a job takes; everything else leaves the ceiling alone.
_COSTLY = (
    *("/ResourceConfig/", "/ProcessingResources/", "/TransformResources/", "/StoppingCondition/"),
    *("/ResourceLimits/", "/HyperParameterTuningResourceConfig/", "/IterableItems"),
)


@dataclass(frozen=True)
class StepCost:
    """`usd` is the ceiling, as far as it is known; `working` shows how it comes about, `unknown` what is missing.

    `hourly` is what an hour costs of a step that nothing stops; its hours are not in `usd`.
    """

    step: str
    usd: float
    working: str
    unknown: tuple[str, ...] = ()
    hourly: float = 0.0


@dataclass(frozen=True)
class Cost:
    """`usd` is the ceiling when `unknown` is empty, else it is the part that is known.

    `parameters` are those that move the figure.
    """

    usd: float
    steps: tuple[StepCost, ...]
    unknown: tuple[str, ...]
    parameters: tuple[str, ...]

    @property
    def text(self) -> str:
        """`at most $1.20 an execution`, or what is known of it."""
        bound = "at least" if self.unknown else "at most"
        endless = [
            f"{money(each.hourly)} an hour of {each.step}" for each in self.steps if each.hourly
        ]
        return f"{bound} {' + '.join([f'{money(self.usd)} an execution', *endless])}"


def money(usd: float) -> str:
    """Dollars and cents."""
    return f"${usd:,.2f}"


def cost(definition: Definition, prices: Prices) -> Cost:
    """Bound what an execution with default parameters can cost."""
    scope = scope_of(definition, default_values(definition), {})
    priced = [
        entry
        for step in definition.steps
        for one, times in _repeated(step, scope)
        for entry in _step(one, scope, prices, times)
    ]
    unknown = tuple(dict.fromkeys(text for each in priced for text in each.unknown))
    usd = _branch(definition, {each.step: each.usd for each in _merged(priced)}, None)
    return Cost(usd, tuple(priced), unknown, tuple(dict.fromkeys(_parameters(definition))))


def _merged(priced: Sequence[StepCost]) -> list[StepCost]:
    """One entry a step: those in the body of a ForEach are the ForEach's."""
    merged: dict[str, StepCost] = {}
    for each in priced:
        name = each.step.partition("/")[0]
        before = merged.get(name)
        merged[name] = replace(each, step=name, usd=each.usd + (before.usd if before else 0.0))
    return list(merged.values())


def _branch(
    definition: Definition, usd: Mapping[str, float], branch: tuple[str, str] | None
) -> float:
    """The steps of one branch (None: the pipeline itself), with the dearer side of every condition in it."""
    total = 0.0
    for step in definition.steps:
        place = (step.branch.condition, step.branch.side) if step.branch else None
        if place == branch:
            total += usd.get(step.name, 0.0)
            if step.type == "Condition":
                total += max(_branch(definition, usd, (step.name, side)) for side in BRANCHES)
    return total


def _repeated(step: StepDefinition, scope: Scope) -> Iterator[tuple[StepDefinition, Any]]:
    """The step, and those of its body with how often they run."""
    yield step, 1
    items = step.arguments.get("IterableItems")
    times = (
        len(items) if isinstance(items, list) else Unknown(f"the number of items of {step.name}")
    )
    for inner in step.body:
        yield replace(inner, name=f"{step.name}/{inner.name}"), times


def _step(step: StepDefinition, scope: Scope, prices: Prices, times: Any) -> Iterator[StepCost]:
    if step.type in _FREE:
        return
    if step.type not in _JOB_TYPES:
        yield StepCost(step.name, 0.0, "", (f"{step.name} ({step.type}) is not estimated",))
        return
    yield _Sum(step.name, prices).price(job_of(step.type, resolve(step.arguments, scope)), times)


class _Sum:
    """The price of one step; `missing` collects what is not known before the start."""

    def __init__(self, step: str, prices: Prices) -> None:
        self.step = step
        self.prices = prices
        self.missing: list[str] = []

    def price(self, job: Job, times: Any) -> StepCost:
        hourly = max((self._hourly(fleet) for fleet in job.choices), default=0.0)
        if job.seconds is None:
            working = f"{_fleets(job)}, without a time limit"
            return StepCost(self.step, 0.0, working, tuple(self.missing), hourly)
        jobs = self._number(job.jobs, "the number of jobs")
        seconds = self._number(job.seconds, "the time limit") * jobs
        if job.most_seconds is not None:
            parallel = self._number(job.parallel, "the number of parallel jobs")
            seconds = min(seconds, self._number(job.most_seconds, "the time limit") * parallel)
        usd = hourly * seconds / 3600 * self._number(times, "the number of items")
        return StepCost(self.step, usd, _working(job, jobs, seconds), tuple(self.missing))

    def _hourly(self, fleet: Fleet) -> float:
        return sum(
            self._known_price(kind) * self._number(count, "the instance count")
            for kind, count in fleet
        )

    def _known_price(self, kind: Any) -> float:
        if isinstance(kind, Unknown):
            self.missing.append(f"the instance type of {self.step} is decided at start")
            return 0.0
        price = self.prices.usd_an_hour.get(str(kind))
        if price is None:
            self.missing.append(f"price of {kind} unknown")
        return price or 0.0

    def _number(self, value: Any, what: str) -> float:
        """The value; 1 and a note when only the start decides it, so that the sum stays a lower bound."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self.missing.append(f"{what} of {self.step} is decided at start")
        return 1.0


def _working(job: Job, jobs: float, seconds: float) -> str:
    many = f" x {jobs:g} jobs" if jobs != 1 else ""
    return f"{_fleets(job)}{many}, {duration(seconds / max(jobs, 1.0))} each at most"


def _fleets(job: Job) -> str:
    return " or ".join(
        " + ".join(f"{_shown(count)} x {_shown(kind)}" for kind, count in fleet)
        for fleet in job.choices
    )


def _shown(value: Any) -> str:
    return "?" if isinstance(value, Unknown) else str(value)


def _parameters(definition: Definition) -> Iterator[str]:
    for step in definition.steps:
        for one in (step, *step.body):
            costly = [each for each in one.expressions if any(p in each[0] for p in _COSTLY)]
            for _, found in references(costly):
                if isinstance(found, ParameterReference):
                    yield found.name
