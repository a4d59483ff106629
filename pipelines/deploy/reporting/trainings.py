"""Training jobs and trials, read from what the API says about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.deploy.reporting.curves import Points
from pipelines.deploy.reporting.values import finite, mapping

Described = Mapping[str, Any]
_RANGES = ("ContinuousParameterRanges", "IntegerParameterRanges")


@dataclass(frozen=True)
class Training:
    """A training job of a step, or a trial; `objective` is None for a trial without a result."""

    job: str
    status: str
    hyperparameters: Mapping[str, str]
    metrics: Mapping[str, float]
    artifact: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    objective: float | None = None
    curves: Mapping[str, Points] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long its instances worked; None when they never did, or still do."""
        if self.started is None or self.ended is None:
            return None
        return max(0.0, (self.ended - self.started).total_seconds())


@dataclass(frozen=True)
class Tuning:
    """`trials` in the order in which they were made; `logarithmic` are the hyperparameters searched by magnitude."""

    step: str
    job: str
    strategy: str
    metric: str
    maximise: bool
    trials: tuple[Training, ...]
    best: str
    tuned: tuple[str, ...]
    logarithmic: frozenset[str]

    @property
    def winner(self) -> Training | None:
        """The best trial."""
        return next((each for each in self.trials if each.job == self.best), None)


def read_training(described: Described) -> Training:
    """A DescribeTrainingJob response."""
    return Training(
        job=str(described.get("TrainingJobName", "")),
        status=str(described.get("TrainingJobStatus", "")),
        hyperparameters=_texts(described.get("HyperParameters")),
        metrics={
            str(each["MetricName"]): value
            for each in described.get("FinalMetricDataList", [])
            if (value := finite(each.get("Value"))) is not None
        },
        artifact=str(mapping(described.get("ModelArtifacts")).get("S3ModelArtifacts", "")),
        started=described.get("TrainingStartTime"),
        ended=described.get("TrainingEndTime"),
    )


def read_tuning(step: str, described: Described, summaries: Sequence[Described]) -> Tuning:
    """A DescribeHyperParameterTuningJob response and the summaries of its training jobs."""
    config = mapping(described.get("HyperParameterTuningJobConfig"))
    definitions = described.get("TrainingJobDefinitions") or [
        described.get("TrainingJobDefinition")
    ]
    objectives = [mapping(config.get("HyperParameterTuningJobObjective"))]
    objectives += [mapping(mapping(each).get("TuningObjective")) for each in definitions]
    objective = next(filter(None, objectives), {})
    best = mapping(described.get("BestTrainingJob"))
    trials = tuple(map(_trial, summaries))
    return Tuning(
        step=step,
        job=str(described.get("HyperParameterTuningJobName", "")),
        strategy=str(config.get("Strategy", "")),
        metric=str(objective.get("MetricName", "objective")),
        maximise=objective.get("Type") == "Maximize",
        trials=trials,
        best=str(best.get("TrainingJobName", "")),
        tuned=tuple(sorted({name for each in trials for name in each.hyperparameters})),
        logarithmic=_logarithmic([config, *map(mapping, definitions)]),
    )


def seconds(described: Described, start: str, end: str) -> float | None:
    """The time between two members; None when one is not there."""
    if start not in described or end not in described:
        return None
    return max(0.0, float((described[end] - described[start]).total_seconds()))


def _trial(summary: Described) -> Training:
    final = mapping(summary.get("FinalHyperParameterTuningJobObjectiveMetric"))
    value = finite(final.get("Value"))
    return Training(
        job=str(summary.get("TrainingJobName", "")),
        status=str(summary.get("TrainingJobStatus", "")),
        hyperparameters=_texts(summary.get("TunedHyperParameters")),
        metrics={} if value is None else {str(final.get("MetricName", "objective")): value},
        started=summary.get("TrainingStartTime"),
        ended=summary.get("TrainingEndTime"),
        objective=value,
    )


def _logarithmic(configs: Sequence[Described]) -> frozenset[str]:
    ranges = [
        mapping(each.get("ParameterRanges") or each.get("HyperParameterRanges")) for each in configs
    ]
    return frozenset(
        str(one.get("Name"))
        for each in ranges
        for kind in _RANGES
        for one in each.get(kind, [])
        if one.get("ScalingType") == "Logarithmic"
    )


def _texts(value: Any) -> dict[str, str]:
    return {str(name): str(each) for name, each in mapping(value).items()}
