"""Hyperparameter ranges as they stand in a tuning step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipelines.rules._subject import Subject, TrainingDefinition, entries, mapping


class RangeKind(StrEnum):
    INTEGER = "integer"
    CONTINUOUS = "continuous"
    CATEGORICAL = "categorical"
    AUTO = "auto"


_MEMBERS = {
    "IntegerParameterRanges": RangeKind.INTEGER,
    "ContinuousParameterRanges": RangeKind.CONTINUOUS,
    "CategoricalParameterRanges": RangeKind.CATEGORICAL,
    "AutoParameters": RangeKind.AUTO,
}
# More definitions are refused for their number; each would read the common ranges again.
_MOST_DEFINITIONS = 10


@dataclass(frozen=True)
class Range:
    """One range. Texts that are not known now are None; `low` and `high` are None also when they are no numbers."""

    pointer: str
    kind: RangeKind
    name: str | None
    low: float | None = None
    high: float | None = None
    bounds: tuple[str | None, str | None] = (None, None)
    values: tuple[str | None, ...] = ()
    scaling: str | None = "Auto"

    @property
    def is_numeric(self) -> bool:
        return self.kind in (RangeKind.INTEGER, RangeKind.CONTINUOUS)


def ranges_of(subject: Subject, training: TrainingDefinition) -> tuple[Range, ...]:
    """The ranges that a training job definition of a Tuning step is tuned over; empty for a Training step."""
    if not training.tuned:
        return ()
    where, document = _place(training)
    return tuple(
        _range(subject, kind, f"{where}/{member}/{index}", entry)
        for member, kind in _MEMBERS.items()
        for index, entry in entries(document.get(member))
    )


def as_number(kind: RangeKind, text: str | None) -> float | None:
    """A bound's value; None when it is unknown or not a finite number of the range's kind."""
    try:
        number = float(int(text or "") if kind is RangeKind.INTEGER else float(text or ""))
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _place(training: TrainingDefinition) -> tuple[str, Mapping[str, Any]]:
    """The definition's own ranges, or else those in the tuning job's configuration."""
    own = mapping(training.request.get("HyperParameterRanges"))
    if own:
        return f"{training.pointer}/HyperParameterRanges", own
    arguments = training.step.arguments
    several = arguments.get("TrainingJobDefinitions")
    if isinstance(several, list) and len(several) > _MOST_DEFINITIONS:
        return "", {}
    config = mapping(arguments.get("HyperParameterTuningJobConfig"))
    where = f"{training.step.pointer}/Arguments/HyperParameterTuningJobConfig/ParameterRanges"
    return where, mapping(config.get("ParameterRanges"))


def _range(subject: Subject, kind: RangeKind, pointer: str, entry: Mapping[str, Any]) -> Range:
    def text(key: str) -> str | None:
        value = subject.value(entry.get(key))
        return value if isinstance(value, str) else None

    name = text("Name")
    if kind is RangeKind.AUTO:
        return Range(pointer, kind, name)
    if kind is RangeKind.CATEGORICAL:
        return Range(pointer, kind, name, values=tuple(_texts(subject, entry.get("Values"))))
    low, high = text("MinValue"), text("MaxValue")
    return Range(
        pointer,
        kind,
        name,
        as_number(kind, low),
        as_number(kind, high),
        (low, high),
        scaling="Auto" if entry.get("ScalingType") is None else text("ScalingType"),
    )


def _texts(subject: Subject, values: Any) -> Iterator[str | None]:
    for value in values if isinstance(values, list) else ():
        known = subject.value(value)
        yield known if isinstance(known, str) else None
