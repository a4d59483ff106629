"""Bars of shares, and one bar in parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.canvas import CHARACTER, cut, picture, rect, write

_ROW = 26
_WIDEST_NAME = 260


@dataclass(frozen=True)
class Bar:
    """`text` stands beside it."""

    name: str
    value: float
    text: str
    kind: str = "fill s0"


def bars(found: Sequence[Bar], width: float, label: str) -> str:
    """One bar below the other, names at the left; values are 0 or more."""
    left = min(max((len(each.name) for each in found), default=0) * CHARACTER + 12, _WIDEST_NAME)
    right = max((len(each.text) for each in found), default=0) * CHARACTER + 12
    most = max((each.value for each in found), default=0.0) or 1.0
    parts = []
    for index, each in enumerate(found):
        y, length = index * _ROW, (width - left - right) * each.value / most
        name = cut(each.name, left - 8)
        parts.append(write(left - 8, y + 17, name, "name", "end"))
        parts.append(
            rect((left, y + 5), (length, _ROW - 10), each.kind, f"{each.name}: {each.text}")
        )
        parts.append(write(left + length + 7, y + 17, each.text, "tick"))
    return picture(width, max(len(found), 1) * _ROW, label, parts)


def parts_of(found: Sequence[Bar], width: float, label: str) -> str:
    """One bar in parts as long as their values, their names in a line below."""
    whole = sum(each.value for each in found) or 1.0
    parts, x, at = [], 0.0, 0.0
    for each in found:
        length, text = width * each.value / whole, f"{each.name} {each.text}"
        parts.append(rect((x, 0), (max(length - 2, 1), 20), each.kind, text))
        parts.append(rect((at, 29), (11, 11), each.kind))
        parts.append(write(at + 17, 39, text, "tick"))
        x += length
        at += 17 + len(text) * CHARACTER + 18
    return picture(width, 46, label, parts)
