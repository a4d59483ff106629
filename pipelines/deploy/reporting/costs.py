"""What an execution cost, or would have cost in AWS: the seconds of its jobs x instances x price. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.deploy.planning.jobs import Fleet, job_of
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.reporting.trainings import Tuning, seconds
from pipelines.deploy.reporting.values import finite
from pipelines.deploy.watching.execution import ExecutionView, StepView

# The key in a step's Metadata -> step type, and the members between which the job's instances are paid.
_JOBS = {
    "TrainingJob": ("Training", "TrainingStartTime", "TrainingEndTime"),
    "ProcessingJob": ("Processing", "ProcessingStartTime", "ProcessingEndTime"),
    "TransformJob": ("Transform", "TransformStartTime", "TransformEndTime"),
    "TuningJob": ("Tuning", "", ""),
}

# The least amount of dollars that is written out.
_LEAST = 0.0001


@dataclass(frozen=True)
class StepCost:
    """`seconds` of all its jobs; `usd` is None when a price or the seconds are not known."""

    step: str
    instances: str
    seconds: float | None
    usd: float | None


@dataclass(frozen=True)
class Costs:
    """`saved` are steps whose result was there already. `usd` sums what is known, `complete` says if that is all."""

    steps: tuple[StepCost, ...]
    saved: tuple[str, ...]
    prices: Prices

    @property
    def usd(self) -> float:
        return sum(each.usd or 0.0 for each in self.steps)

    @property
    def complete(self) -> bool:
        return all(each.usd is not None for each in self.steps)

    @property
    def text(self) -> str:
        """`about $0.12`, `at least $0.12`, `less than $0.0001`."""
        if not self.complete:
            return f"at least {dollars(self.usd)}"
        return dollars(self.usd) if 0 < self.usd < _LEAST else f"about {dollars(self.usd)}"


def dollars(usd: float) -> str:
    """Dollars and cents; of less than a cent the first two digits."""
    if usd >= 0.995 or usd == 0:
        return f"${usd:,.2f}"
    return f"${usd:.4f}" if usd >= _LEAST else f"less than ${_LEAST:.4f}"


def costs(view: ExecutionView, tunings: Sequence[Tuning], prices: Prices) -> Costs:
    """The cost of each step that ran a job in this execution."""
    by_step = {each.step: each for each in tunings}
    return Costs(
        tuple(_costs(view, by_step, prices)),
        tuple(step.name for step in view.steps if step.cached or step.reused),
        prices,
    )


def _costs(
    view: ExecutionView, tunings: Mapping[str, Tuning], prices: Prices
) -> Iterator[StepCost]:
    for step in view.steps:
        if step.job is None or step.job.kind not in _JOBS or step.cached or step.reused:
            continue
        yield _cost(step, step.job.kind, tunings.get(step.name), prices)


def _cost(step: StepView, kind: str, tuning: Tuning | None, prices: Prices) -> StepCost:
    described: Mapping[str, Any] = step.description or {}
    choices = [fleet for fleet in job_of(_JOBS[kind][0], described).choices if _is_known(fleet)]
    spent = _tuned_seconds(tuning) if tuning else _seconds(described, *_JOBS[kind][1:])
    hourly = [_hourly(fleet, prices) for fleet in choices]
    instances = " or ".join(dict.fromkeys(_written(fleet) for fleet in choices))
    if spent is None or not hourly or None in hourly:
        return StepCost(step.name, instances, spent, None)
    # Where a trial may get one of several fleets, nobody says which: the dearest counts.
    dearest = max(each for each in hourly if each is not None)
    return StepCost(step.name, instances, spent, dearest * spent / 3600)


def _seconds(described: Mapping[str, Any], start: str, end: str) -> float | None:
    # Less than the time on spot instances; the local runtime's jobs may end within their first second.
    return finite(described.get("BillableTimeInSeconds")) or seconds(described, start, end)


def _tuned_seconds(tuning: Tuning) -> float:
    return sum(trial.seconds or 0.0 for trial in tuning.trials)


def _is_known(fleet: Fleet) -> bool:
    return all(isinstance(kind, str) and isinstance(count, int) for kind, count in fleet)


def _hourly(fleet: Fleet, prices: Prices) -> float | None:
    total = 0.0
    for kind, count in fleet:
        price = prices.usd_an_hour.get(kind)
        if price is None:
            return None
        total += price * count
    return total


def _written(fleet: Fleet) -> str:
    return " + ".join(f"{count} × {kind}" for kind, count in fleet)
