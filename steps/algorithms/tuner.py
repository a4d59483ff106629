"""Tuning of an estimator's hyperparameters: builds the CreateHyperParameterTuningJob request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.algorithms._base import Direction as Direction  # a part of Objective
from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.check import near
from steps.algorithms.estimator import Channel, Estimator
from steps.algorithms.ranges import Range, range_problems, ranges_request
from steps.algorithms.search import Search as Search  # a part of Tuner
from steps.algorithms.search import search_problems
from steps.algorithms.values import InvalidEstimator


@dataclass(frozen=True)
class Objective:
    metric: str
    direction: Direction


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
            **self.search.warm_start_request(),
        }

    def _config(self) -> dict[str, Any]:
        config = self.search.request()
        return {
            **config,
            "HyperParameterTuningJobObjective": {
                "Type": self.objective.direction.value,
                "MetricName": self.objective.metric,
            },
            "ParameterRanges": ranges_request(self.ranges),
        }


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
        *search_problems(search, named),
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
