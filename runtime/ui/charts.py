"""Line charts as geometry for SVG: what `line_chart` of _parts.html draws. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.ui.words import counted, number

_WIDTH, _HEIGHT = 560, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 10, 10, 26
_MOST_POINTS = 400
_TICKS = 4

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Series:
    """`path` is the d of an SVG path; `dot` marks the last point, the only one of a series without a line."""

    name: str
    path: str
    last: float
    dot: tuple[float, float]


@dataclass(frozen=True)
class Chart:
    title: str
    summary: str
    series: tuple[Series, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def line_chart(title: str, named: Mapping[str, Points]) -> Chart | None:
    """A chart of (x, y) points by series; None when no series has a finite point. Long series are thinned."""
    shown = {name: _finite(points) for name, points in named.items()}
    shown = {name: points for name, points in shown.items() if points}
    if not shown:
        return None
    xs = [x for points in shown.values() for x, _ in points]
    ys = [y for points in shown.values() for _, y in points]
    across = _Scale(*_range(xs), _LEFT, _WIDTH - _RIGHT)
    up = _Scale(*_range(ys), _HEIGHT - _BOTTOM, _TOP)
    return Chart(
        title,
        _summary(title, shown),
        tuple(_series(name, points, across, up) for name, points in shown.items()),
        tuple(Tick(across(x), number(x)) for x in ticks(min(xs), max(xs))),
        tuple(Tick(up(y), number(y)) for y in ticks(up.low, up.high)),
    )


def ticks(low: float, high: float) -> list[float]:
    """A few round values from `low` to `high`."""
    if high <= low:
        return [low]
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{step * index:.12g}") for index in range(first, last + 1)]


def _finite(points: Points) -> list[tuple[float, float]]:
    found = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    stride = max(1, len(found) // _MOST_POINTS)
    return (
        found[::stride]
        if not found or found[::stride][-1] == found[-1]
        else [*found[::stride], found[-1]]
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        return low - (abs(low) or 1) * 0.5, high + (abs(high) or 1) * 0.5
    return low, high


def _series(name: str, points: Points, across: _Scale, up: _Scale) -> Series:
    placed = [(across(x), up(y)) for x, y in points]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in placed)
    return Series(name, path, points[-1][1], placed[-1])


def _summary(title: str, named: Mapping[str, Points]) -> str:
    """What a screen reader says instead of the picture."""
    parts = [
        f"{name} from {number(points[0][1])} to {number(points[-1][1])} in {counted(len(points), 'point')}"
        for name, points in named.items()
    ]
    return f"{title}: {'; '.join(parts)}"
