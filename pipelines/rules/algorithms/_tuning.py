"""What the rules of tuning jobs share: their configuration, objectives and definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.rules._subject import UNKNOWN, Subject, TrainingDefinition, mapping


@dataclass(frozen=True)
class Objective:
    """What training jobs are judged by. `metric` and `type` are None when they are not known now."""

    pointer: str
    metric: str | None
    type: str | None


@dataclass(frozen=True)
class Tuning:
    """A Tuning step."""

    subject: Subject
    step: StepDefinition
    definitions: tuple[TrainingDefinition, ...]

    @property
    def arguments(self) -> Mapping[str, Any]:
        return self.step.arguments

    @property
    def pointer(self) -> str:
        """Of the request."""
        return f"{self.step.pointer}/Arguments"

    @property
    def config_pointer(self) -> str:
        return f"{self.pointer}/HyperParameterTuningJobConfig"

    @cached_property
    def config(self) -> Mapping[str, Any]:
        return mapping(self.arguments.get("HyperParameterTuningJobConfig"))

    @property
    def strategy(self) -> Any:
        """The text, None when there is none, or UNKNOWN."""
        return self.subject.value(self.config.get("Strategy"))

    @property
    def stops_early(self) -> bool:
        return bool(self.subject.value(self.config.get("TrainingJobEarlyStoppingType")) == "Auto")

    @property
    def is_autotuned(self) -> bool:
        """Whether the service chooses ranges, or may: it takes the mode only when the run starts."""
        return "Autotune" in self.arguments and self.arguments["Autotune"] is not None

    @property
    def jobs(self) -> Any:
        """MaxNumberOfTrainingJobs, as `limit` gives it."""
        return self.limit("MaxNumberOfTrainingJobs")

    @property
    def parallel(self) -> Any:
        """MaxParallelTrainingJobs, as `limit` gives it."""
        return self.limit("MaxParallelTrainingJobs")

    def limit(self, name: str) -> Any:
        """A member of ResourceLimits: an integer, None when there is none, or UNKNOWN."""
        limits = mapping(self.config.get("ResourceLimits"))
        return whole(self.subject.value(limits.get(name)))

    def limit_pointer(self, name: str) -> str:
        return f"{self.config_pointer}/ResourceLimits/{name}"


def tunings(subject: Subject) -> Iterator[Tuning]:
    """Every Tuning step."""
    jobs: dict[str, list[TrainingDefinition]] = {}
    for training in subject.training:
        jobs.setdefault(training.step.pointer, []).append(training)
    for step in subject.all_steps:
        if step.type == "Tuning":
            yield Tuning(subject, step, tuple(jobs.get(step.pointer, ())))


def objective_of(subject: Subject, training: TrainingDefinition) -> Objective | None:
    """The objective of a tuned definition: its own or the tuning job's; None when there is neither."""
    config = mapping(training.step.arguments.get("HyperParameterTuningJobConfig"))
    where = f"{training.step.pointer}/Arguments/HyperParameterTuningJobConfig"
    for pointer, found in (
        (f"{training.pointer}/TuningObjective", training.request.get("TuningObjective")),
        (
            f"{where}/HyperParameterTuningJobObjective",
            config.get("HyperParameterTuningJobObjective"),
        ),
    ):
        if found is not None:
            written = mapping(found)
            metric, kind = (subject.value(written.get(key)) for key in ("MetricName", "Type"))
            return Objective(pointer, _text(metric), _text(kind))
    return None


def whole(value: Any) -> Any:
    """An integer, None, or UNKNOWN for everything else."""
    if isinstance(value, bool) or not (value is None or isinstance(value, int)):
        return UNKNOWN
    return value


def is_count(value: Any) -> bool:
    """Whether `whole` found an integer."""
    return isinstance(value, int)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
