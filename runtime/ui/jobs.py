"""What a step's job says about itself: inputs, outputs, metrics, results. Pure, over Describe* answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.ui.words import moment, seconds

Document = Mapping[str, Any]
# Members that name an entry of a list.
_NAMES = ("ChannelName", "InputName", "OutputName", "CollectionName", "Name")
_OUTPUTS = ("Output", "Artifacts", "Checkpoint")
# Texts that stand for nothing a person would open.
_PRIVATE = ("VpcConfig", "Environment", "HyperParameters", "Tags")


@dataclass(frozen=True)
class Location:
    """An S3 URI of a job; `label` is the channel, input or output, or the member that holds it."""

    label: str
    uri: str


def locations(description: Document) -> tuple[list[Location], list[Location]]:
    """What a job reads and what it writes, in the order of its description; each URI once."""
    inputs: dict[str, Location] = {}
    outputs: dict[str, Location] = {}
    for path, label, uri in _uris(description, "", ""):
        writes = any(word in path for word in _OUTPUTS)
        (outputs if writes else inputs).setdefault(uri, Location(label, uri))
    return list(inputs.values()), list(outputs.values())


def metrics(description: Document) -> list[tuple[str, float]]:
    """Final metrics, by name."""
    found = description.get("FinalMetricDataList", ())
    return sorted((metric["MetricName"], metric["Value"]) for metric in found)


def results(description: Document) -> list[tuple[str, Any]]:
    """The facts of a job that people look for, by kind."""
    return [
        (label, value) for label, value in _results(description) if value not in (None, "", {}, [])
    ]


def _results(description: Document) -> Iterator[tuple[str, Any]]:
    best = description.get("BestTrainingJob")
    if best:
        objective = best.get("FinalHyperParameterTuningJobObjectiveMetric", {})
        yield "Best trial", best.get("TrainingJobName")
        yield str(objective.get("MetricName", "Objective")), objective.get("Value")
        yield from sorted(best.get("TunedHyperParameters", {}).items())
    counters = description.get("TrainingJobStatusCounters", {})
    yield "Trials", ", ".join(f"{count} {name}" for name, count in counters.items() if count)
    yield "Model package version", description.get("ModelPackageVersion")
    yield "Approval", description.get("ModelApprovalStatus")
    image = description.get("AlgorithmSpecification", description.get("AppSpecification", {}))
    container = description.get("PrimaryContainer", {})
    yield "Image", image.get("TrainingImage") or image.get("ImageUri") or container.get("Image")
    yield "Model", description.get("ModelName")
    yield "Instances", _instances(description)
    yield "Exit message", description.get("ExitMessage")
    if description.get("BillableTimeInSeconds") is not None:
        yield "Billable time", seconds(description["BillableTimeInSeconds"])


def transitions(description: Document) -> list[tuple[str, str, str]]:
    """Of a training job: status, since when, message."""
    found = description.get("SecondaryStatusTransitions", ())
    return [
        (each["Status"], moment(each["StartTime"]), each.get("StatusMessage", "")) for each in found
    ]


def _instances(description: Document) -> str:
    resources = (
        description.get("ResourceConfig")
        or description.get("TransformResources")
        or description.get("ProcessingResources", {}).get("ClusterConfig")
        or {}
    )
    if "InstanceType" not in resources:
        return ""
    return f"{resources.get('InstanceCount', 1)} × {resources['InstanceType']}"


def _uris(value: Any, path: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Path, label and URI of each; the label is the nearest name of a list's entry, else the member's own."""
    if isinstance(value, str):
        if value.startswith("s3://"):
            yield path, name or path.rpartition("/")[2], value
    elif isinstance(value, Mapping):
        name = next((str(value[key]) for key in _NAMES if key in value), name)
        for key, member in value.items():
            if key not in _PRIVATE:
                yield from _uris(member, f"{path}/{key}", name)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _uris(member, path, name)
