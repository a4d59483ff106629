"""How far and in which way a tuning job looks, when it has done enough, and what it starts from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from steps.algorithms.ranges import CategoricalRange, Range
from steps.algorithms.values import Integer, known_now

STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")
EARLY_STOPPING = ("Off", "Auto")
WARM_STARTS = ("IdenticalDataAndAlgorithm", "TransferLearning")
_MOST_PARENTS = 5
# MaxNumberOfTrainingJobsNotImproving and MaxRuntimeInSeconds, as the API bounds them.
_LEAST_PATIENCE = 3
_RUNTIME = (120, 15_768_000)


@dataclass(frozen=True)
class Completion:
    """What ends a tuning job before `max_jobs`: a value of the objective, jobs in a row that found nothing better,
    less than 1 % of improvement to expect, or seconds.
    """

    target: float | None = None
    not_improving: int | None = None
    on_convergence: bool = False
    max_runtime_seconds: int | None = None


@dataclass(frozen=True)
class WarmStart:
    """One to five ended tuning jobs to learn from; with `IdenticalDataAndAlgorithm` data and image are the same."""

    parents: tuple[str, ...]
    type: str = "IdenticalDataAndAlgorithm"


@dataclass(frozen=True)
class Search:
    """`resource` is Hyperband's (least, most) epochs of a job."""

    max_jobs: Integer
    max_parallel_jobs: Integer
    strategy: str = "Bayesian"
    early_stopping: str = "Off"
    seed: Integer | None = None
    resource: tuple[int, int] | None = None
    completion: Completion = field(default_factory=Completion)
    warm_start: WarmStart | None = None

    def request(self) -> dict[str, Any]:
        """Its members of HyperParameterTuningJobConfig."""
        limits: dict[str, Any] = {
            "MaxNumberOfTrainingJobs": self.max_jobs,
            "MaxParallelTrainingJobs": self.max_parallel_jobs,
        }
        if self.completion.max_runtime_seconds is not None:
            limits["MaxRuntimeInSeconds"] = self.completion.max_runtime_seconds
        config: dict[str, Any] = {
            "Strategy": self.strategy,
            "ResourceLimits": limits,
            "TrainingJobEarlyStoppingType": self.early_stopping,
        }
        if self.seed is not None:
            config["RandomSeed"] = self.seed
        if self.resource is not None:
            least, most = self.resource
            config["StrategyConfig"] = {
                "HyperbandStrategyConfig": {"MinResource": least, "MaxResource": most}
            }
        criteria = _criteria(self.completion)
        return {**config, "TuningJobCompletionCriteria": criteria} if criteria else config

    def warm_start_request(self) -> dict[str, Any]:
        """The request's WarmStartConfig, as a member; nothing without one."""
        if self.warm_start is None:
            return {}
        parents = [{"HyperParameterTuningJobName": name} for name in self.warm_start.parents]
        config = {
            "ParentHyperParameterTuningJobs": parents,
            "WarmStartType": self.warm_start.type,
        }
        return {"WarmStartConfig": config}


def _criteria(completion: Completion) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    if completion.target is not None:
        criteria["TargetObjectiveMetricValue"] = completion.target
    if completion.not_improving is not None:
        jobs = {"MaxNumberOfTrainingJobsNotImproving": completion.not_improving}
        criteria["BestObjectiveNotImproving"] = jobs
    if completion.on_convergence:
        criteria["ConvergenceDetected"] = {"CompleteOnConvergence": "Enabled"}
    return criteria


def search_problems(search: Search, ranges: Mapping[str, Range]) -> Iterator[str]:
    """Everything that the service would refuse."""
    yield from _number_problems(search)
    yield from _word_problems(search)
    yield from _strategy_problems(search, ranges)
    yield from _completion_problems(search.completion)
    if search.warm_start is not None:
        yield from _warm_start_problems(search.warm_start)


def _completion_problems(completion: Completion) -> Iterator[str]:
    patience, seconds = completion.not_improving, completion.max_runtime_seconds
    if completion.target is not None and not math.isfinite(completion.target):
        yield f"completion target must be a finite number but got {completion.target}"
    if patience is not None and patience < _LEAST_PATIENCE:
        yield f"completion not_improving must be at least {_LEAST_PATIENCE} jobs but got {patience}"
    if seconds is not None and not _RUNTIME[0] <= seconds <= _RUNTIME[1]:
        yield f"max_runtime_seconds must be {_RUNTIME[0]} to {_RUNTIME[1]} but got {seconds}"


def _warm_start_problems(warm_start: WarmStart) -> Iterator[str]:
    if not 1 <= len(warm_start.parents) <= _MOST_PARENTS:
        yield f"warm start has 1 to {_MOST_PARENTS} parents but got {len(warm_start.parents)}"
    if warm_start.type not in WARM_STARTS:
        yield f"warm start '{warm_start.type}' is not allowed; allowed: {', '.join(WARM_STARTS)}"


def _number_problems(search: Search) -> Iterator[str]:
    for name in ("max_jobs", "max_parallel_jobs"):
        count = known_now(getattr(search, name))
        if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
            yield f"{name} must be an integer but got {count!r}"
        elif count is not None and count < 1:
            yield f"{name} must be at least 1 but got {count}"
    seed = known_now(search.seed)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        yield f"seed must be an integer of 0 or more but got {seed!r}"


def _word_problems(search: Search) -> Iterator[str]:
    if search.strategy not in STRATEGIES:
        yield f"strategy '{search.strategy}' is not allowed; allowed: {', '.join(STRATEGIES)}"
    if search.early_stopping not in EARLY_STOPPING:
        allowed = ", ".join(EARLY_STOPPING)
        yield f"early stopping '{search.early_stopping}' is not allowed; allowed: {allowed}"


def _strategy_problems(search: Search, ranges: Mapping[str, Range]) -> Iterator[str]:
    if search.resource is not None and search.strategy != "Hyperband":
        yield f"resource is Hyperband's; strategy {search.strategy} has none"
    if search.resource is not None and not 1 <= search.resource[0] < search.resource[1]:
        yield f"resource must be (least, most) with 1 <= least < most but got {search.resource}"
    if search.strategy == "Hyperband" and search.early_stopping != "Off":
        yield "early stopping must be Off: Hyperband stops weak jobs itself"
    if search.strategy == "Grid":
        yield from _grid_problems(search, ranges)


def _grid_problems(search: Search, ranges: Mapping[str, Range]) -> Iterator[str]:
    sizes = []
    for name, entry in ranges.items():
        if isinstance(entry, CategoricalRange):
            sizes.append(len(entry.values))
        else:
            yield f"{name}: strategy Grid takes categorical ranges only"
    jobs, cells = known_now(search.max_jobs), math.prod(sizes)
    if len(sizes) == len(ranges) and jobs is not None and jobs != cells:
        yield f"max_jobs must be {cells}, the size of the grid, but got {jobs}"
