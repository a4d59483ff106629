"""Lines over steps: how metrics went while a model was trained. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.canvas import Frame, dot, picture, way, write, x_axis, y_axis
from pipelines.deploy.reporting.charts.scales import scale
from pipelines.deploy.text import number


@dataclass(frozen=True)
class Series:
    """`points` are (step, value), in the order of their steps."""

    name: str
    points: Sequence[tuple[float, float]]


def lines(series: Sequence[Series], x_title: str, frame: Frame) -> str:
    """The series in one picture, each named with its last value."""
    x = scale([step for each in series for step, _ in each.points], *frame.x, zero=True)
    y = scale([value for each in series for _, value in each.points], *frame.y)
    parts = [*y_axis(frame, y), *x_axis(frame, x, x_title)]
    for index, each in enumerate(series):
        kind = f"s{index % 6}"
        places = [(x(step), y(value)) for step, value in each.points]
        parts.append(way(places, f"line {kind}"))
        parts.append(dot(*places[-1], 3, f"fill {kind}", f"{each.name} {each.points[-1][1]:g}"))
    parts += _legend(series, frame)
    said = ", ".join(f"{each.name} ends at {number(each.points[-1][1])}" for each in series)
    return picture(frame.width, frame.height, f"Lines over {x_title}: {said}", parts)


def _legend(series: Sequence[Series], frame: Frame) -> list[str]:
    """In the upper right corner, where a falling line leaves room."""
    parts = []
    for index, each in enumerate(series):
        y = frame.top + 14 + 17 * index
        text = f"{each.name}  {number(each.points[-1][1])}"
        parts.append(write(frame.x[1] - 18, y, text, "legend", "end"))
        parts.append(dot(frame.x[1] - 8, y - 4, 4, f"fill s{index % 6}"))
    return parts
