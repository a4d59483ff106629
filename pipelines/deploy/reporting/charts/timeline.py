"""When each step ran. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.canvas import CHARACTER, cut, line, picture, rect, write
from pipelines.deploy.reporting.charts.scales import Scale
from pipelines.deploy.text import duration

_ROW = 28
_WIDEST_NAME = 240
# Seconds between two marks: whatever gives few of them.
_STEPS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
_MOST_MARKS = 8


@dataclass(frozen=True)
class Span:
    """Seconds since the execution began; `tone` is a class of the style sheet."""

    name: str
    start: float
    end: float
    tone: str
    text: str


def timeline(spans: Sequence[Span], width: float) -> str:
    """A bar a step, on the clock of the execution."""
    left = min(max(len(each.name) for each in spans) * CHARACTER + 14, _WIDEST_NAME)
    last = max(max(each.end for each in spans), 0.1)
    x = Scale(0, last, left, width - 90)
    bottom = len(spans) * _ROW + 4
    parts = []
    for at in _marks(last):
        parts.append(line((x(at), 0), (x(at), bottom), "grid"))
        parts.append(write(x(at), bottom + 15, _clock(at), "tick", "middle"))
    for index, each in enumerate(spans):
        y, end = index * _ROW, max(x(each.end), x(each.start) + 3)
        parts.append(write(left - 9, y + 18, cut(each.name, left - 9), "name", "end"))
        bar = rect((x(each.start), y + 6), (end - x(each.start), _ROW - 11), f"bar {each.tone}")
        parts += [bar, write(end + 6, y + 18, each.text, "tick")]
    said = ", ".join(f"{each.name} {each.text}" for each in spans)
    return picture(width, bottom + 22, f"Timeline: {said}", parts)


def _clock(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _marks(last: float) -> list[float]:
    step = next((each for each in _STEPS if last / each <= _MOST_MARKS), last / _MOST_MARKS)
    return [index * step for index in range(int(last / step) + 1)]
