"""Trials as points: over their number, and over each hyperparameter. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.canvas import Frame, dot, picture, way, x_axis, y_axis
from pipelines.deploy.reporting.charts.scales import scale


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    title: str
    best: bool = False


@dataclass(frozen=True)
class Axis:
    title: str
    log: bool = False


def points(found: Sequence[Point], axis: Axis, frame: Frame, *, best_so_far: str = "") -> str:
    """A point a trial; `best_so_far` is min or max for a line along the best until then."""
    log = axis.log and all(each.x > 0 for each in found)
    x = scale([each.x for each in found], *frame.x, log=log)
    y = scale([each.y for each in found], *frame.y)
    parts = [*y_axis(frame, y, 4), *x_axis(frame, x, axis.title, 5)]
    if best_so_far:
        stairs = _stairs(found, lowest=best_so_far == "min")
        parts.append(way([(x(at), y(value)) for at, value in stairs], "line s0"))
    for each in sorted(found, key=lambda point: point.best):
        kind, radius = ("best", 6.0) if each.best else ("point", 4.0)
        parts.append(dot(x(each.x), y(each.y), radius, kind, each.title))
    return picture(frame.width, frame.height, f"{len(found)} trials over {axis.title}", parts)


def _stairs(found: Sequence[Point], *, lowest: bool) -> list[tuple[float, float]]:
    better = min if lowest else max
    corners: list[tuple[float, float]] = []
    for each in found:
        best = each.y
        if corners:
            best = better(corners[-1][1], each.y)
            corners.append((each.x, corners[-1][1]))
        corners.append((each.x, best))
    return corners
