"""Follows a property path through the request of its step: most of a Describe call's answer repeats the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.expressions import Key, Segment, StepReference, is_expression
from pipelines.rules._subject import UNKNOWN, Subject

# List -> the member that names its entries: the only lists that the service addresses by key.
NAMING = {
    "Outputs": "OutputName",
    "ProcessingInputs": "InputName",
    "FinalMetricDataList": "MetricName",
}
_ECHOES = ("Processing", "Training", "Tuning", "Transform")


@dataclass(frozen=True)
class Dead:
    """A path that leads to nothing in the request: `segment` is where, `owner` the member it stands in,
    `present` the keys of the entries that are there, or their number."""

    segment: Key | int
    owner: str
    present: tuple[str, ...] | int


def dead_ends(subject: Subject) -> Iterator[tuple[str, StepReference, Dead]]:
    """Every reference to an entry that the request of its step does not have, with the reference's pointer."""
    for found in subject.step_references.values():
        for where, reference in found:
            step = subject.steps.get(reference.step)
            if step and step.type in _ECHOES and (dead := _follow(step.arguments, reference.path)):
                yield where, reference, dead


def _follow(request: Any, path: tuple[Segment, ...]) -> Dead | None:
    current, owner = request, ""
    for segment in path:
        if isinstance(segment, str):
            empty: Any = [] if segment in ("Outputs", "ProcessingInputs") else UNKNOWN
            current = current.get(segment, empty) if isinstance(current, Mapping) else UNKNOWN
            owner = segment
        elif isinstance(current, list):
            found = _entry(current, owner, segment)
            if isinstance(found, Dead):
                return found
            current = found
        elif isinstance(current, Mapping) and isinstance(segment, Key):
            if segment.name not in current:
                return Dead(segment, owner, tuple(current))
            current = current[segment.name]
        if current is UNKNOWN or (isinstance(current, Mapping) and is_expression(current)):
            return None
    return None


def _entry(entries: list[Any], owner: str, segment: Key | int) -> Any:
    if isinstance(segment, int):
        return entries[segment] if segment < len(entries) else Dead(segment, owner, len(entries))
    naming = NAMING.get(owner)
    names = [entry.get(naming) if isinstance(entry, Mapping) else None for entry in entries]
    if naming is None or not all(isinstance(name, str) for name in names):
        return UNKNOWN
    if segment.name not in names:
        return Dead(segment, owner, tuple(map(str, names)))
    return entries[names.index(segment.name)]
