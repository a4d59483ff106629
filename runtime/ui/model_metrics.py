"""The numbers of model metrics reports, flat, and side by side for several versions of a model. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.ui.words import number

_MOST = 100
_DEEPEST = 8
# What SageMaker's reports put beside a metric's value.
_VALUE, _DEVIATION = "value", "standard_deviation"


@dataclass(frozen=True)
class Figure:
    """`deviation` is None where the report gives none."""

    value: float
    deviation: float | None = None

    @property
    def text(self) -> str:
        spread = "" if self.deviation is None else f" ± {number(self.deviation)}"
        return f"{number(self.value)}{spread}"


@dataclass(frozen=True)
class Line:
    """A metric with its figure in each version, None where a version has none, and how far the first is from the second."""

    name: str
    figures: tuple[Figure | None, ...]
    change: str = ""


def figures_in(text: str) -> dict[str, Figure]:
    """`group.metric` -> figure of a JSON report; empty when it is none. Text and true/false are left out."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Figure] = {}
    for name, figure in _walk(document, "", 0):
        found.setdefault(name, figure)
        if len(found) == _MOST:
            break
    return found


def compared(columns: Sequence[Mapping[str, Figure]]) -> list[Line]:
    """A line for each metric that any version has, in the order of the first that has it."""
    names = dict.fromkeys(name for column in columns for name in column)
    lines = []
    for name in names:
        figures = tuple(column.get(name) for column in columns)
        lines.append(Line(name, figures, _change(figures)))
    return lines


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Figure]]:
    if depth > _DEEPEST:
        return
    if (plain := _number(value)) is not None:
        yield path, Figure(plain)
    elif isinstance(value, dict) and (plain := _number(value.get(_VALUE))) is not None:
        yield path, Figure(plain, _number(value.get(_DEVIATION)))
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, f"{path}.{key}" if path else str(key), depth + 1)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _change(figures: Sequence[Figure | None]) -> str:
    """Of the first against the second, in per cent: whether that is good depends on the metric."""
    if len(figures) < 2 or figures[0] is None or figures[1] is None or not figures[1].value:
        return ""
    share = (figures[0].value - figures[1].value) / abs(figures[1].value)
    return "=" if abs(share) < 5e-5 else f"{share:+.2%}"
