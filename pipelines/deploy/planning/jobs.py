"""How much of what the job of a step may take, read out of its resolved request. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.deploy.planning.resolving import Unknown

# (instance type, count) of every group of a cluster.
Fleet = Sequence[tuple[Any, Any]]
# Of training and processing jobs without a limit of their own.
_DEFAULT_SECONDS = 86_400


@dataclass(frozen=True)
class Job:
    """Any number may be an Unknown. Every job gets one of `choices`.

    `seconds` bounds one job, None when nothing does; `most_seconds` bounds all of them together, `parallel` at a time.
    """

    choices: Sequence[Fleet]
    seconds: Any
    jobs: Any = 1
    parallel: Any = 1
    most_seconds: Any = None


def job_of(step_type: str, arguments: Mapping[str, Any]) -> Job:
    """The jobs that a step of type Processing, Training, Tuning or Transform, or a check step, starts."""
    if step_type == "Tuning":
        return _tuning(arguments)
    if step_type == "Transform":
        return Job([_fleet(_object(arguments.get("TransformResources")))], None)
    if step_type == "Training":
        return Job([_fleet(_object(arguments.get("ResourceConfig")))], _seconds(arguments))
    resources = _object(arguments.get("ProcessingResources"))
    return Job([_fleet(_object(resources.get("ClusterConfig")))], _seconds(arguments))


def _tuning(arguments: Mapping[str, Any]) -> Job:
    config = _object(arguments.get("HyperParameterTuningJobConfig"))
    limits = _object(config.get("ResourceLimits"))
    several = arguments.get("TrainingJobDefinitions")
    single = _object(arguments.get("TrainingJobDefinition"))
    trainings = [_object(each) for each in several] if isinstance(several, list) else [single]
    return Job(
        choices=[fleet for each in trainings for fleet in _tuned(each)],
        seconds=_longest([_seconds(each) for each in trainings]),
        jobs=limits.get("MaxNumberOfTrainingJobs", Unknown("jobs")),
        parallel=limits.get("MaxParallelTrainingJobs", 1),
        most_seconds=limits.get("MaxRuntimeInSeconds"),
    )


def _longest(seconds: Sequence[Any]) -> Any:
    unknown = [each for each in seconds if isinstance(each, Unknown)]
    known = [each for each in seconds if isinstance(each, int | float)]
    return unknown[0] if unknown else max(known, default=_DEFAULT_SECONDS)


def _tuned(training: Mapping[str, Any]) -> list[Fleet]:
    if "HyperParameterTuningResourceConfig" not in training:
        return [_fleet(_object(training.get("ResourceConfig")))]
    flexible = _object(training["HyperParameterTuningResourceConfig"])
    choices = flexible.get("InstanceConfigs")
    if not isinstance(choices, list):
        return [_fleet(flexible)]
    return [_fleet(_object(each)) for each in choices]


def _fleet(resources: Mapping[str, Any]) -> Fleet:
    groups = resources.get("InstanceGroups")
    entries = [_object(each) for each in groups] if isinstance(groups, list) else [resources]
    return [
        (each.get("InstanceType", Unknown("instance type")), each.get("InstanceCount", 1))
        for each in entries
    ]


def _seconds(arguments: Mapping[str, Any]) -> Any:
    stopping = _object(arguments.get("StoppingCondition"))
    return stopping.get("MaxRuntimeInSeconds", _DEFAULT_SECONDS)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
