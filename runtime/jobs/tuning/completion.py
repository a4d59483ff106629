"""When a tuning job has done enough: the TuningJobCompletionCriteria, over its training jobs in launch order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.jobs.tuning.request import Objective

# Not documented. The service expects less than 1 % of further improvement; here that many jobs must have brought less.
_CONVERGED_AFTER = 10
_IMPROVEMENT = 0.01


@dataclass(frozen=True)
class Criteria:
    """None where the request does not ask for it."""

    target: float | None = None
    not_improving: int | None = None
    on_convergence: bool = False


@dataclass(frozen=True)
class Progress:
    """`not_improving` jobs ended since one was better by 1 % than all before it (the API's own definition).

    `converged` is the job after which the search had converged.
    """

    not_improving: int = 0
    converged: int | None = None


def criteria_of(config: Mapping[str, Any]) -> Criteria:
    given = config.get("TuningJobCompletionCriteria") or {}
    patience = given.get("BestObjectiveNotImproving") or {}
    convergence = given.get("ConvergenceDetected") or {}
    return Criteria(
        given.get("TargetObjectiveMetricValue"),
        patience.get("MaxNumberOfTrainingJobsNotImproving"),
        convergence.get("CompleteOnConvergence") == "Enabled",
    )


def progress_of(values: Sequence[float | None], objective: Objective, ranges: int) -> Progress:
    """`values` are the objectives of ended jobs, None for those without one; `ranges` is how many are tuned."""
    window = max(_CONVERGED_AFTER, 2 * ranges)
    best: list[float] = []
    stale, converged = 0, None
    for number, value in enumerate(values):
        if value is None:
            stale += 1 if best else 0
            continue
        better = not best or objective.is_better(value, best[-1])
        improved = better and not (best and _is_flat(best[-1], value))
        stale = 0 if improved else stale + 1
        best.append(value if better else best[-1])
        if converged is None and len(best) > window and _is_flat(best[-window - 1], best[-1]):
            converged = number
    return Progress(stale, converged)


def is_complete(
    criteria: Criteria, values: Sequence[float | None], objective: Objective, ranges: int
) -> bool:
    """Whether any of the criteria holds after these jobs."""
    progress = progress_of(values, objective, ranges)
    if criteria.target is not None and any(
        value is not None and not objective.is_better(criteria.target, value) for value in values
    ):
        return True
    if criteria.not_improving is not None and progress.not_improving >= criteria.not_improving:
        return True
    return criteria.on_convergence and progress.converged is not None


def _is_flat(before: float, after: float) -> bool:
    return abs(before - after) < _IMPROVEMENT * abs(before)
