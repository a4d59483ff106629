"""Distributions from their percentiles. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.deploy.reporting.charts.canvas import Frame, line, path, picture, x_axis, y_axis
from pipelines.deploy.reporting.charts.scales import Scale, scale

_BINS = 30


@dataclass(frozen=True)
class Distribution:
    """`percentiles` are equally far apart, the first is the smallest value and the last the largest."""

    name: str
    percentiles: Sequence[float]
    kind: str


def shares(percentiles: Sequence[float], low: float, high: float, bins: int) -> list[float]:
    """The share of values in each of so many equal parts of low to high, as far as percentiles tell."""
    step = (high - low) / bins
    edges = [_share_below(percentiles, low + step * index) for index in range(bins + 1)]
    return [upper - lower for lower, upper in pairwise(edges)]


def _share_below(percentiles: Sequence[float], value: float) -> float:
    last = len(percentiles) - 1
    at = bisect_right(percentiles, value)
    if at == 0:
        return 0.0
    if at > last:
        return 1.0
    left, right = percentiles[at - 1], percentiles[at]
    return (at - 1 + (value - left) / (right - left)) / last


def histogram(found: Sequence[Distribution], title: str, frame: Frame) -> str:
    """The distributions over each other, without the outer 5 % at both ends when there are 20 parts or more."""
    low, high = _middle(found)
    x = Scale(low, high, *frame.x)
    heights = [shares(each.percentiles, low, high, _BINS) for each in found]
    y = scale([0.0, *(100 * share for each in heights for share in each)], *frame.y, zero=True)
    parts = [*y_axis(frame, y, 4), *x_axis(frame, x, title)]
    for each, shown in zip(found, heights, strict=True):
        parts.append(path(_outline(shown, x, y), f"area {each.kind}"))
    if low < 0 < high:
        parts.append(line((x(0), frame.y[0]), (x(0), frame.y[1]), "zero"))
    names = " and ".join(each.name for each in found)
    return picture(frame.width, frame.height, f"Distribution of {title}: {names}", parts)


def _middle(found: Sequence[Distribution]) -> tuple[float, float]:
    cuts = [1 if len(each.percentiles) > 20 else 0 for each in found]
    low = min(each.percentiles[cut] for each, cut in zip(found, cuts, strict=True))
    high = max(each.percentiles[-1 - cut] for each, cut in zip(found, cuts, strict=True))
    # Less is lost in the digits of the numbers beside the axis.
    least = max(1e-9 * max(abs(low), abs(high)), 1e-300)
    return (low, high) if high - low > least else (low - 1 - least, high + 1 + least)


def _outline(heights: Sequence[float], x: Scale, y: Scale) -> str:
    width = (x.end - x.start) / len(heights)
    steps = [
        f"V{y(100 * share):.1f}H{x.start + width * (index + 1):.1f}"
        for index, share in enumerate(heights)
    ]
    return f"M{x.start:.1f} {y(0):.1f}{''.join(steps)}V{y(0):.1f}Z"
