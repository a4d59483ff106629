"""The graph of a definition, coloured by what happened to its steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.definition.document import Definition
from pipelines.definition.graph import upstream
from pipelines.definition.layout import Layout, Measures, Segment, lay_out
from pipelines.deploy.reporting.charts.canvas import cut, escape, path, picture, rect, write

_MARGIN = 8
_SIDES = {"IfSteps": "true", "ElseSteps": "false"}
_MEASURES = Measures(width=178, height=46, gap=22, layer_gap=36)


@dataclass(frozen=True)
class Happened:
    """`tone` is a class of the style sheet, `text` stands below the name."""

    tone: str
    text: str


def graph(definition: Definition, happened: Mapping[str, Happened]) -> str:
    """Boxes in layers, lines from what a step waits for; nothing for a definition without steps."""
    branches = {
        (step.branch.condition, step.name): _SIDES[step.branch.side]
        for step in definition.steps
        if step.branch
    }
    layout = lay_out(upstream(definition), _MEASURES, branches)
    if not layout.nodes:
        return ""
    parts = [_line(segment, happened) for segment in layout.segments]
    parts += [_label(segment, branches[edge]) for segment, edge in _labelled(layout, branches)]
    for node in layout.nodes:
        found = happened.get(node.name, Happened("idle", "not run"))
        parts += _node(node.x + _MARGIN, node.y + _MARGIN, node.name, found)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    return picture(width, height, f"Graph of {len(layout.nodes)} steps", parts)


def _node(x: float, y: float, name: str, found: Happened) -> list[str]:
    label = cut(name, _MEASURES.width - 34)
    return [
        f"<g><title>{escape(f'{name}: {found.text}')}</title>",
        rect((x, y), (_MEASURES.width, _MEASURES.height), f"node {found.tone}"),
        rect((x, y), (5, _MEASURES.height), f"bar {found.tone}"),
        write(x + 16, y + 20, label, "name strong"),
        write(x + 16, y + 36, cut(found.text, _MEASURES.width - 30), "tick"),
        "</g>",
    ]


def _line(segment: Segment, happened: Mapping[str, Happened]) -> str:
    x1, y1, x2, y2 = (v + _MARGIN for v in (segment.x1, segment.y1, segment.x2, segment.y2))
    bend, end = (y2 - y1) / 2, y2 - 5 if segment.ends else y2
    ran = any(_ran(happened, edge[1]) for edge in segment.edges)
    curve = (
        f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {end:.1f}"
    )
    drawn = path(curve, "edge" if ran else "edge idle")
    head = path(f"M{x2 - 4:.1f} {y2 - 6:.1f}h8l-4 6z", "head" if ran else "head idle")
    return drawn + (head if segment.ends else "")


def _ran(happened: Mapping[str, Happened], name: str) -> bool:
    return name in happened and happened[name].tone != "idle"


def _labelled(
    layout: Layout, branches: Mapping[tuple[str, str], str]
) -> list[tuple[Segment, tuple[str, str]]]:
    """The pieces that begin at a condition, with one edge of the branch they lead to."""
    bottoms = {node.name: node.y + layout.measures.height for node in layout.nodes}
    return [
        (segment, edge)
        for segment in layout.segments
        for edge in segment.edges[:1]
        if edge in branches and segment.y1 == bottoms[edge[0]]
    ]


def _label(segment: Segment, side: str) -> str:
    x, y = (segment.x1 + 2 * segment.x2) / 3, (segment.y1 + segment.y2) / 2
    anchor, shift = ("end", -8) if segment.x2 < segment.x1 else ("start", 8)
    return write(x + shift + _MARGIN, y + _MARGIN + 2, side, "tick", anchor)
