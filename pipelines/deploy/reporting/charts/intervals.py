"""Values with how sure they are, and spreads side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.canvas import (
    Frame,
    dot,
    line,
    picture,
    rect,
    write,
    x_axis,
    y_axis,
)
from pipelines.deploy.reporting.charts.scales import scale, short
from pipelines.deploy.text import number

# Of a normal distribution 95 % lies within so many deviations.
DEVIATIONS = 1.96


@dataclass(frozen=True)
class Estimate:
    """`deviation` is None where nobody has estimated it."""

    name: str
    value: float
    deviation: float | None
    kind: str


@dataclass(frozen=True)
class Spread:
    """Percentiles 5, 25, 50, 75, 95."""

    percentiles: Sequence[float]
    title: str
    kind: str


def estimates(found: Sequence[Estimate], title: str, frame: Frame) -> str:
    """A point a row, with the interval that holds it with 95 % confidence."""
    ends = [end for each in found for end in _ends(each)]
    x = scale(ends, *frame.x)
    step = (frame.y[0] - frame.top) / max(len(found), 1)
    parts = x_axis(frame, x, title, 4)
    for index, each in enumerate(found):
        y = frame.top + step * (index + 0.5)
        low, high = _ends(each)
        words = f"{each.name}: {number(each.value)} ({number(low)} to {number(high)})"
        parts.append(write(frame.left - 10, y + 4, each.name, "name", "end"))
        parts.append(line((x(low), y), (x(high), y), f"whisker {each.kind}", words))
        for end in (low, high) if each.deviation else ():
            parts.append(line((x(end), y - 5), (x(end), y + 5), f"whisker {each.kind}"))
        parts.append(dot(x(each.value), y, 5, f"fill {each.kind}", words))
    said = "; ".join(f"{each.name} {number(each.value)}" for each in found)
    return picture(frame.width, frame.height, f"{title} with 95 % confidence: {said}", parts)


def spreads(groups: Sequence[tuple[str, Sequence[Spread]]], x_title: str, frame: Frame) -> str:
    """For each named group its spreads side by side: thin line 5 to 95 %, box 25 to 75 %, dot the median."""
    y = scale([value for _, each in groups for one in each for value in one.percentiles], *frame.y)
    parts = y_axis(frame, y)
    if y.low < 0 < y.high:
        parts.append(line((frame.x[0], y(0)), (frame.x[1], y(0)), "zero"))
    room = (frame.x[1] - frame.x[0]) / max(len(groups), 1)
    for index, (name, found) in enumerate(groups):
        middle = frame.x[0] + room * (index + 0.5)
        parts.append(write(middle, frame.y[0] + 16, name, "tick", "middle"))
        for place, one in enumerate(found):
            parts += _spread(one, y, middle + (place - (len(found) - 1) / 2) * 18)
    parts.append(write(sum(frame.x) / 2, frame.height - 5, x_title, "caption", "middle"))
    return picture(frame.width, frame.height, f"Spread of errors by {x_title}", parts)


def label_range(low: float, high: float) -> str:
    """`120k–180k`, for the group of rows with such labels."""
    return f"{short(low, 3)}–{short(high, 3)}"


def _ends(estimate: Estimate) -> tuple[float, float]:
    reach = DEVIATIONS * (estimate.deviation or 0.0)
    return estimate.value - reach, estimate.value + reach


def _spread(one: Spread, y: object, x: float) -> list[str]:
    assert callable(y)
    p5, p25, p50, p75, p95 = (y(value) for value in one.percentiles)
    return [
        line((x, p5), (x, p95), f"whisker {one.kind}", one.title),
        rect((x - 5, p75), (10, p25 - p75), f"box {one.kind}", one.title),
        dot(x, p50, 3.2, f"median {one.kind}", one.title),
    ]
