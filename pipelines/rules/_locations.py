"""Where the steps of a definition read and write in S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.rules._subject import Subject, entries, mapping

PROCESSING = ("Processing", "QualityCheck", "ClarifyCheck")


@dataclass(frozen=True)
class Location:
    """`text` is the URI as far as the document tells it, without a final slash (definition/texts.py).

    `shared` tells that nothing of the service's own comes behind it: jobs that write there write the same keys.
    """

    step: StepDefinition
    pointer: str
    text: str
    shared: bool = True


def mapping_at(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at `path` in `value`; {} when there is none."""
    for member in path:
        value = mapping(value).get(member)
    return mapping(value)


def inputs(step: StepDefinition) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Pointer, entry and S3Input of a processing job's inputs that come from S3."""
    where = f"{step.pointer}/Arguments/ProcessingInputs"
    for index, entry in entries(step.arguments.get("ProcessingInputs")):
        if source := mapping_at(entry, "S3Input"):
            yield f"{where}/{index}", entry, source


def outputs(step: StepDefinition) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Pointer, entry and S3Output of a processing job's outputs that go to S3."""
    where = f"{step.pointer}/Arguments/ProcessingOutputConfig/Outputs"
    found = mapping_at(step.arguments, "ProcessingOutputConfig").get("Outputs")
    for index, entry in entries(found):
        if target := mapping_at(entry, "S3Output"):
            yield f"{where}/{index}", entry, target


def writes(subject: Subject) -> Iterator[Location]:
    """Every location that a step writes to."""
    for step in subject.all_steps:
        if step.type in PROCESSING:
            for pointer, _, target in outputs(step):
                yield from _located(subject, step, f"{pointer}/S3Output/S3Uri", target)
        elif step.type == "Transform":
            output = mapping_at(step.arguments, "TransformOutput")
            yield from _located(
                subject, step, f"{step.pointer}/Arguments/TransformOutput/S3OutputPath", output
            )
    for training in subject.training:
        output = mapping_at(training.request, "OutputDataConfig")
        where = f"{training.pointer}/OutputDataConfig/S3OutputPath"
        for found in _located(subject, training.step, where, output):
            # The job's name comes behind it.
            yield Location(found.step, found.pointer, found.text, shared=False)


def reads(subject: Subject) -> Iterator[Location]:
    """Every location that a step reads data from."""
    for step in subject.all_steps:
        if step.type in PROCESSING:
            for pointer, _, source in inputs(step):
                yield from _located(subject, step, f"{pointer}/S3Input/S3Uri", source)
        elif step.type == "Transform":
            path = ("TransformInput", "DataSource", "S3DataSource")
            where = "/".join((step.pointer, "Arguments", *path, "S3Uri"))
            yield from _located(subject, step, where, mapping_at(step.arguments, *path))
    for training in subject.training:
        for index, channel in entries(training.request.get("InputDataConfig")):
            source = mapping_at(channel, "DataSource", "S3DataSource")
            where = f"{training.pointer}/InputDataConfig/{index}/DataSource/S3DataSource/S3Uri"
            yield from _located(subject, training.step, where, source)


def _located(
    subject: Subject, step: StepDefinition, pointer: str, target: Mapping[str, Any]
) -> Iterator[Location]:
    text = subject.rendered(target.get(pointer.rpartition("/")[2]))
    if text and text.startswith("s3://"):
        yield Location(step, pointer, text.rstrip("/"))
