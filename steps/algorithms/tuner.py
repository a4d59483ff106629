"""Tuning of an estimator's hyperparameters: builds the CreateHyperParameterTuningJob request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.algorithms._base import Direction as Direction  # a part of Objective
from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.check import near
from steps.algorithms.estimator import Channel, Estimator
from steps.algorithms.ranges import CategoricalRange, Range, range_problems, ranges_request
from steps.algorithms.values import Integer, InvalidEstimator, known_now

STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")
EARLY_STOPPING = ("Off", "Auto")


@dataclass(frozen=True)
class Objective:
    metric: str
    direction: Direction


@dataclass(frozen=True)
class Search:
    """How far and in which way to look. `resource` is Hyperband's (least, most) epochs of a job."""

    max_jobs: Integer
    max_parallel_jobs: Integer
    strategy: str = "Bayesian"
    early_stopping: str = "Off"
    seed: Integer | None = None
    resource: tuple[int, int] | None = None


@dataclass(frozen=True)
class Tuner:
    estimator: Estimator
    objective: Objective
    ranges: Mapping[str, Range]
    search: Search

    def request(self, channels: Mapping[str, Channel]) -> dict[str, Any]:
        """CreateHyperParameterTuningJob without a name. Raises InvalidEstimator for wrong channels."""
        problems = list(self.estimator.channel_problems(channels))
        measured = self.objective.metric.partition(":")[0]
        if self.estimator.algorithm and measured not in channels:
            problems.append(
                f"objective '{self.objective.metric}' is measured on channel '{measured}', "
                "which is missing"
            )
        if problems:
            raise InvalidEstimator(self.estimator.name, problems)
        return {
            "HyperParameterTuningJobConfig": self._config(),
            "TrainingJobDefinition": {
                **self.estimator.definition(channels),
                "StaticHyperParameters": dict(self.estimator.hyperparameters),
            },
        }

    def _config(self) -> dict[str, Any]:
        search = self.search
        config: dict[str, Any] = {
            "Strategy": search.strategy,
            "HyperParameterTuningJobObjective": {
                "Type": self.objective.direction.value,
                "MetricName": self.objective.metric,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": search.max_jobs,
                "MaxParallelTrainingJobs": search.max_parallel_jobs,
            },
            "ParameterRanges": ranges_request(self.ranges),
            "TrainingJobEarlyStoppingType": search.early_stopping,
        }
        if search.seed is not None:
            config["RandomSeed"] = search.seed
        if search.resource is not None:
            least, most = search.resource
            config["StrategyConfig"] = {
                "HyperbandStrategyConfig": {"MinResource": least, "MaxResource": most}
            }
        return config


def tuner(
    estimator: Estimator, objective: Objective, ranges: Mapping[str, Range], search: Search
) -> Tuner:
    """Configure a tuning job. Raises InvalidEstimator with everything the service would refuse."""
    aliases = estimator.algorithm.aliases if estimator.algorithm else {}
    named = {aliases.get(name, name): entry for name, entry in ranges.items()}
    problems = [
        *_objective_problems(estimator, objective),
        *range_problems(named, estimator.algorithm),
        *_coverage_problems(estimator, named),
        *_search_problems(search),
        *_strategy_problems(search, named),
    ]
    if problems:
        raise InvalidEstimator(f"tuning {estimator.name}", problems)
    return Tuner(estimator, objective, named, search)


def _objective_problems(estimator: Estimator, objective: Objective) -> Iterator[str]:
    name, algorithm = objective.metric, estimator.algorithm
    if algorithm is None:
        if name not in estimator.metric_definitions:
            hint = near(name, estimator.metric_definitions)
            yield f"objective '{name}' has no metric definition{hint}"
        return
    emitted = {metric.name: metric for metric in _emitted(algorithm, estimator)}
    metric = emitted.get(name)
    if metric is None:
        yield f"objective '{name}' is not a metric that {algorithm.name} emits{near(name, emitted)}"
    elif not metric.objective:
        objectives = sorted(other.name for other in emitted.values() if other.objective)
        yield f"'{name}' may not be an objective; allowed: {', '.join(objectives)}"
    elif metric.direction is not None and metric.direction is not objective.direction:
        yield (
            f"objective '{name}': direction {objective.direction} is not allowed; "
            f"allowed: {metric.direction}"
        )


def _emitted(algorithm: Algorithm, estimator: Estimator) -> tuple[Any, ...]:
    task = estimator.hyperparameters.get("predictor_type")
    if isinstance(algorithm, LinearLearner) and isinstance(task, str):
        return algorithm.metrics_of(task)
    return algorithm.metrics


def _coverage_problems(estimator: Estimator, ranges: Mapping[str, Range]) -> Iterator[str]:
    """Every hyperparameter comes from one place, and the required ones come from somewhere."""
    for name in ranges:
        if name in estimator.hyperparameters:
            yield f"{name}: has a value and a range; drop one"
    for known in estimator.algorithm.hyperparameters if estimator.algorithm else ():
        if known.required and known.name not in {*ranges, *estimator.hyperparameters}:
            yield f"{known.name}: is required; give it a value or a range"


def _search_problems(search: Search) -> Iterator[str]:
    for name in ("max_jobs", "max_parallel_jobs"):
        count = known_now(getattr(search, name))
        if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
            yield f"{name} must be an integer but got {count!r}"
        elif count is not None and count < 1:
            yield f"{name} must be at least 1 but got {count}"
    seed = known_now(search.seed)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        yield f"seed must be an integer of 0 or more but got {seed!r}"
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
