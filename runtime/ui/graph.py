"""The picture of a definition or an execution: the layout, with what each node and line shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipelines.definition.document import Definition
from pipelines.definition.layout import Edge, Layout, Measures, Node, Segment, lay_out
from runtime.ui import words
from runtime.ui.steps import CACHED, NOT_RUN, REUSED, Step, read, waits_of

# From so many steps on nodes are smaller.
_MANY = 60
_SMALL = Measures(width=160, height=38, gap=18, layer_gap=34, waypoint=12, most=8)
_MARGIN = 14
_CURVE = 0.5
_SIDES = {"IfSteps": "true", "ElseSteps": "false"}
_CHARACTER = 7.9  # pixels of a letter of a node's name, on the safe side


@dataclass(frozen=True)
class NodeView:
    """`mark` and `tone` as in words.py; `step` is what happened, None in the graph of a definition."""

    name: str
    label: str
    kind: str
    x: float
    y: float
    tone: str
    note: str
    spoken: str
    step: Step | None


@dataclass(frozen=True)
class LineView:
    """`state` is taken, untaken or plain; `arrow` the d of its head, empty on the way."""

    path: str
    state: str
    arrow: str


@dataclass(frozen=True)
class LabelView:
    x: float
    y: float
    text: str
    state: str


@dataclass(frozen=True)
class Graph:
    nodes: tuple[NodeView, ...]
    lines: tuple[LineView, ...]
    labels: tuple[LabelView, ...]
    width: float
    height: float
    measures: Measures


def draw(text: str, steps: Sequence[Step] = ()) -> Graph:
    """The graph of a definition's text; with the steps of an execution, coloured by what happened to them."""
    layout = _laid_out(text)
    happened = {step.name: step for step in steps if not step.parent}
    definition = read(text)
    kinds = {step.name: step.type for step in definition.steps}
    branches = _branches(definition)
    nodes = [
        _node(node, kinds[node.name], happened.get(node.name), layout.measures, steps)
        for node in layout.nodes
    ]
    return Graph(
        tuple(nodes),
        tuple(_line(segment, happened) for segment in layout.segments),
        tuple(_labels(layout.segments, happened, branches)),
        layout.width + 2 * _MARGIN,
        layout.height + 2 * _MARGIN,
        layout.measures,
    )


@lru_cache(maxsize=64)
def _laid_out(text: str) -> Layout:
    waits = waits_of(text)
    measures = _SMALL if len(waits) >= _MANY else Measures()
    return lay_out(waits, measures, _branches(read(text)))


def _branches(definition: Definition) -> Mapping[Edge, str]:
    """Condition and step of its branch -> true or false."""
    return {
        (step.branch.condition, step.name): _SIDES[step.branch.side]
        for step in definition.steps
        if step.branch
    }


def _node(
    node: Node, kind: str, step: Step | None, measures: Measures, steps: Sequence[Step]
) -> NodeView:
    name = node.name
    room = int((measures.width - 36) / _CHARACTER)
    label = name if len(name) <= room else f"{name[: room - 1]}…"
    note = _note(step, steps) if step else ""
    said = f", {note}" if step and note not in ("", step.status.lower()) else ""
    spoken = f"{name}, {kind}: {step.status}{said}" if step else f"{name}, {kind}"
    tone = words.tone(step.status) if step else "plain"
    return NodeView(name, label, kind, node.x + _MARGIN, node.y + _MARGIN, tone, note, spoken, step)


def _note(step: Step, steps: Sequence[Step]) -> str:
    """What stands beside a node's type: an outcome, how far a loop is, a duration, or why there is none."""
    if step.outcome:
        return step.outcome.lower()
    if step.status in (CACHED, REUSED, NOT_RUN):
        return step.status.lower()
    if step.type == "ForEach" and step.running:
        children = [child for child in steps if child.parent == step.name]
        return f"{sum(child.end is not None for child in children)} of {len(children)} done"
    if step.start is None or step.end is None:
        return ""
    return words.seconds(step.end - step.start)


def _line(segment: Segment, happened: Mapping[str, Step]) -> LineView:
    x1, y1, x2, y2 = (value + _MARGIN for value in (segment.x1, segment.y1, segment.x2, segment.y2))
    bend = (y2 - y1) * _CURVE
    straight = x1 == x2
    end = y2 - 5 if segment.ends else y2
    path = (
        f"M{x1:g} {y1:g}V{end:g}"
        if straight
        else f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {end:g}"
    )
    arrow = f"M{x2 - 4:g} {y2 - 6:g}h8l-4 6z" if segment.ends else ""
    return LineView(path, _state(segment.edges, happened), arrow)


def _state(edges: Sequence[Edge], happened: Mapping[str, Step]) -> str:
    """Taken when one of its edges led to a step that ran; untaken when all lead to steps that never will."""
    if not happened:
        return "plain"
    ends = [happened[end] for _, end in edges if end in happened]
    if any(step.started for step in ends):
        return "taken"
    return "untaken" if all(step.status == NOT_RUN for step in ends) else "plain"


def _labels(
    segments: Sequence[Segment], happened: Mapping[str, Step], branches: Mapping[Edge, str]
) -> list[LabelView]:
    """True and false where the branches of conditions begin; once for each line."""
    found: dict[tuple[str, str], LabelView] = {}
    for segment in segments:
        sides = {branches.get(edge) for edge in segment.edges}
        begins = {edge[0] for edge in segment.edges}
        if len(sides) == 1 and (side := sides.pop()) and len(begins) == 1:
            key = (begins.pop(), side)
            if key not in found or segment.y1 < found[key].y - _MARGIN - 14:
                state = _state(segment.edges, happened)
                x = segment.x1 + (segment.x2 - segment.x1) * 0.5 + _MARGIN
                y = (segment.y1 + segment.y2) / 2 + _MARGIN + 4
                found[key] = LabelView(round(x, 1), round(y, 1), side, state)
    return list(found.values())
