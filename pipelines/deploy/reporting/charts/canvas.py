"""What every chart is drawn with: SVG elements as text, escaped. Colours are classes of the page's style sheet."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.deploy.reporting.charts.scales import Scale, short

# x and y, in pixels from the upper left corner.
Place = tuple[float, float]
# Pixels of a letter of the charts' font, on the safe side.
CHARACTER = 7.3
# XML and HTML have no way to write them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Frame:
    """The area of the data within a picture, in pixels."""

    width: float
    height: float
    left: float = 56
    top: float = 12
    right: float = 14
    bottom: float = 40

    @property
    def x(self) -> tuple[float, float]:
        """Where the horizontal axis starts and ends."""
        return self.left, self.width - self.right

    @property
    def y(self) -> tuple[float, float]:
        """Where the vertical axis starts, at the bottom, and ends."""
        return self.height - self.bottom, self.top


def clean(text: object) -> str:
    """The text without characters that a page cannot have."""
    return _CONTROL.sub("\ufffd", str(text))


def escape(text: object) -> str:
    """The text as content or as a quoted attribute."""
    return html.escape(clean(text))


def cut(text: str, pixels: float) -> str:
    """As much of the text as there is room for."""
    room = max(int(pixels / CHARACTER), 2)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def picture(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """An SVG; `label` says to those who cannot see it what it shows."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def write(x: float, y: float, text: object, kind: str = "", anchor: str = "start") -> str:
    """A line of text; `anchor` is start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{_kind(kind)}>{escape(text)}</text>'
    )


def rect(corner: Place, size: tuple[float, float], kind: str, title: str = "") -> str:
    """A bar with round corners from its upper left one; `title` appears under the mouse."""
    (x, y), (width, height) = corner, size
    extent = f'width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" rx="2"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {extent}{_kind(kind)}>{_title(title)}</rect>'


def line(start: Place, end: Place, kind: str, title: str = "") -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f"<line {ends}{_kind(kind)}>{_title(title)}</line>"


def dot(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"{_kind(kind)}>{_title(title)}</circle>'


def way(points: Sequence[Place], kind: str) -> str:
    """A line through points."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{corners}"{_kind(kind)}/>'


def path(d: str, kind: str) -> str:
    """Any path; `d` is made of numbers of ours."""
    return f'<path d="{d}"{_kind(kind)}/>'


def x_axis(frame: Frame, x: Scale, title: str, most: int = 6) -> list[str]:
    """The horizontal axis below the data."""
    bottom = frame.y[0]
    parts = [line((frame.x[0], bottom), (frame.x[1], bottom), "axis")]
    for tick in x.ticks(most):
        parts.append(line((x(tick), bottom), (x(tick), bottom + 4), "axis"))
        parts.append(write(x(tick), bottom + 16, short(tick), "tick", "middle"))
    parts.append(write(sum(frame.x) / 2, frame.height - 5, title, "caption", "middle"))
    return parts


def y_axis(frame: Frame, y: Scale, most: int = 5) -> list[str]:
    """Lines across the data, with their values at the left."""
    parts = []
    for tick in y.ticks(most):
        parts.append(line((frame.x[0], y(tick)), (frame.x[1], y(tick)), "grid"))
        parts.append(write(frame.x[0] - 7, y(tick) + 3.5, short(tick), "tick", "end"))
    return parts


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
