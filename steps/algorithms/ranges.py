"""Where tuning may look: ranges of hyperparameters, and what the service would refuse of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.algorithms._base import Algorithm, Hyperparameter, Kind
from steps.algorithms.values import Integer, Number, Text, as_text, known_now, literal_text

MAX_RANGES = 30
MAX_VALUES = 30
SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")


@dataclass(frozen=True)
class ContinuousRange:
    low: Number
    high: Number
    scaling: str = "Auto"


@dataclass(frozen=True)
class IntegerRange:
    low: Integer
    high: Integer
    scaling: str = "Auto"


@dataclass(frozen=True)
class CategoricalRange:
    values: tuple[Text | int | float | bool, ...]


Range = ContinuousRange | IntegerRange | CategoricalRange


def ranges_request(ranges: Mapping[str, Range]) -> dict[str, Any]:
    """The request's ParameterRanges; a kind of range without entries is left out."""
    request: dict[str, list[dict[str, Any]]] = {}
    for name, entry in ranges.items():
        if isinstance(entry, CategoricalRange):
            values = [as_text(value) for value in entry.values]
            request.setdefault("CategoricalParameterRanges", []).append(
                {"Name": name, "Values": values}
            )
            continue
        kind = "Continuous" if isinstance(entry, ContinuousRange) else "Integer"
        request.setdefault(f"{kind}ParameterRanges", []).append(
            {
                "Name": name,
                "MinValue": as_text(entry.low),
                "MaxValue": as_text(entry.high),
                "ScalingType": entry.scaling,
            }
        )
    return request


def range_problems(ranges: Mapping[str, Range], algorithm: Algorithm | None) -> Iterator[str]:
    """Everything wrong with these ranges; without an algorithm only what the service itself checks."""
    if not 1 <= len(ranges) <= MAX_RANGES:
        yield f"{len(ranges)} ranges are not allowed; allowed: 1 to {MAX_RANGES}"
    for name, entry in ranges.items():
        if isinstance(entry, CategoricalRange):
            yield from _categorical_problems(name, entry)
        else:
            yield from _numeric_problems(name, entry)
        if algorithm is not None:
            yield from _algorithm_problems(name, entry, algorithm)


def _categorical_problems(name: str, entry: CategoricalRange) -> Iterator[str]:
    if not 1 <= len(entry.values) <= MAX_VALUES:
        yield f"{name}: {len(entry.values)} values are not allowed; allowed: 1 to {MAX_VALUES}"


def _numeric_problems(name: str, entry: ContinuousRange | IntegerRange) -> Iterator[str]:
    wanted = (int,) if isinstance(entry, IntegerRange) else (int, float)
    bounds = [known_now(entry.low), known_now(entry.high)]
    for bound in bounds:
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, wanted)):
            kind = "an integer" if isinstance(entry, IntegerRange) else "a number"
            yield f"{name}: a bound of the range must be {kind} but got {bound!r}"
            return
    low, high = bounds
    if low is not None and high is not None and low >= high:
        yield f"{name}: the range from {low} to {high} is empty; the lower bound comes first"
    yield from _scaling_problems(name, entry, low, high)


def _scaling_problems(
    name: str, entry: ContinuousRange | IntegerRange, low: float | None, high: float | None
) -> Iterator[str]:
    if entry.scaling not in SCALINGS:
        yield f"{name}: scaling '{entry.scaling}' is not allowed; allowed: {', '.join(SCALINGS)}"
    if entry.scaling == "Logarithmic" and low is not None and low <= 0:
        yield f"{name}: Logarithmic scaling needs a lower bound > 0 but got {low}"
    if entry.scaling != "ReverseLogarithmic":
        return
    if isinstance(entry, IntegerRange):
        yield f"{name}: ReverseLogarithmic scaling is not allowed for an integer range"
    elif (low is not None and low < 0) or (high is not None and high >= 1):
        yield f"{name}: ReverseLogarithmic scaling needs a range in [0, 1) but got {low} to {high}"


def _algorithm_problems(name: str, entry: Range, algorithm: Algorithm) -> Iterator[str]:
    known = algorithm.hyperparameter(name)
    if known is None:
        yield from algorithm.refusals({}, later=frozenset([name]))[:1]
        return
    if not known.tunable:
        tunable = sorted(other.name for other in algorithm.hyperparameters if other.tunable)
        yield f"{name}: cannot be tuned; {algorithm.name} tunes: {', '.join(tunable)}"
        return
    if isinstance(entry, ContinuousRange) and known.kind is not Kind.NUMBER:
        yield f"{name}: a continuous range is not allowed; allowed: {known.allowed}"
    elif isinstance(entry, IntegerRange) and known.kind not in (Kind.INTEGER, Kind.NUMBER):
        yield f"{name}: an integer range is not allowed; allowed: {known.allowed}"
    else:
        yield from _value_problems(known, entry)


def _value_problems(known: Hyperparameter, entry: Range) -> Iterator[str]:
    values = entry.values if isinstance(entry, CategoricalRange) else (entry.low, entry.high)
    for value in values:
        text = literal_text(known_now(value))
        if text is not None and (refusal := known.refusal(text)):
            yield refusal
