"""A layered layout of a directed graph, after Sugiyama. Pure and deterministic.

1. Edges that a longer path implies are left out: what waits for B, which waits for A, waits for A anyway.
2. Every node gets a layer below all it waits for; a layer holds at most so many nodes, so that a fan of a hundred
   becomes a block instead of a line that nobody can see the ends of.
3. Edges over several layers run through waypoints. Those of one source, or into one target, share them: a trunk with
   branches instead of a bundle of lines.
4. The order within the layers: barycentre sweeps, the one with the fewest crossings is kept.
5. Places: as near to their neighbours as the order allows (isotonic regression, layer by layer).
"""

from __future__ import annotations

import graphlib
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Edge = tuple[str, str]
# A node's name, or a waypoint: (`out` of a source or `in` to a target, whose, layer).
Key = str | tuple[str, str, int]
_SWEEPS = 10
_MOST_PLACES = 3000  # waypoints and nodes beyond which fewer sweeps have to do


@dataclass(frozen=True)
class Measures:
    """Pixels. `width` and `height` of a node, the gaps between nodes and layers, and nodes a layer at most."""

    width: float = 196
    height: float = 44
    gap: float = 28
    layer_gap: float = 44
    waypoint: float = 16
    most: int = 6


@dataclass(frozen=True)
class Node:
    """`x`, `y` of its upper left corner."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Segment:
    """A piece of the way of `edges` from (x1, y1) down to (x2, y2); `ends` when it arrives at a node."""

    x1: float
    y1: float
    x2: float
    y2: float
    edges: tuple[Edge, ...]
    ends: bool


@dataclass(frozen=True)
class Layout:
    nodes: tuple[Node, ...]
    segments: tuple[Segment, ...]
    width: float
    height: float
    measures: Measures


def lay_out(
    waits: Mapping[str, Collection[str]],
    measures: Measures | None = None,
    labels: Mapping[Edge, str] | None = None,
) -> Layout:
    """Place nodes, given as name -> the names it waits for (all of them names of nodes, no cycle).

    Edges with different labels share no trunk.
    """
    measures = measures or Measures()
    if not waits:
        return Layout((), (), 0, 0, measures)
    order = tuple(graphlib.TopologicalSorter({n: sorted(waits[n]) for n in waits}).static_order())
    direct = without_implied(waits, order)
    layer = layers(direct, order, measures.most)
    grid = _Grid.of(direct, layer, labels or {})
    rows = _order(grid)
    places = _places(grid, rows, measures)
    return _drawn(grid, rows, places, measures)


def without_implied(
    waits: Mapping[str, Collection[str]], order: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The transitive reduction; `order` is topological. What a node waits for keeps that order."""
    place = {name: index for index, name in enumerate(order)}
    above: dict[str, int] = {}  # all that a node waits for, directly or not, as bits
    kept: dict[str, tuple[str, ...]] = {}
    for name in order:
        implied, reached = 0, 0
        for other in waits[name]:
            implied |= above[other]
            reached |= above[other] | 1 << place[other]
        above[name] = reached
        direct = (other for other in waits[name] if not implied >> place[other] & 1)
        kept[name] = tuple(sorted(direct, key=place.__getitem__))
    return kept


def layers(direct: Mapping[str, Sequence[str]], order: Sequence[str], most: int) -> dict[str, int]:
    """Node -> layer from 0: as high as what it waits for allows, at most `most` nodes in one.

    A source that only later nodes need stands just above the first of them.
    """
    followers: dict[str, list[str]] = defaultdict(list)
    for name, waits in direct.items():
        for other in waits:
            followers[other].append(name)
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = max((depth[other] + 1 for other in direct[name]), default=0)
    for name in order:
        if not direct[name] and followers[name]:
            depth[name] = min(depth[follower] for follower in followers[name]) - 1
    return _bounded(direct, sorted(order, key=depth.__getitem__), depth, most)


def _bounded(
    direct: Mapping[str, Sequence[str]], order: Iterable[str], depth: Mapping[str, int], most: int
) -> dict[str, int]:
    layer: dict[str, int] = {}
    held: dict[int, int] = defaultdict(int)
    full: dict[int, int] = {}  # a full layer -> one to try next

    def free(at: int) -> int:
        passed = []
        while at in full:
            passed.append(at)
            at = full[at]
        full.update(dict.fromkeys(passed, at))
        return at

    for name in order:
        earliest = max((layer[other] + 1 for other in direct[name]), default=depth[name])
        layer[name] = at = free(max(earliest, 0))
        held[at] += 1
        if held[at] == most:
            full[at] = at + 1
    used = {at: index for index, at in enumerate(sorted(set(layer.values())))}
    return {name: used[at] for name, at in layer.items()}


@dataclass
class _Grid:
    """Nodes and waypoints by layer; `pieces` join neighbours in adjacent layers, each with the edges it carries."""

    rows: list[list[Key]]
    pieces: dict[tuple[Key, Key], list[Edge]] = field(default_factory=dict)
    up: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    down: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(
        cls,
        direct: Mapping[str, Sequence[str]],
        layer: Mapping[str, int],
        labels: Mapping[Edge, str],
    ) -> _Grid:
        grid = cls([[] for _ in range(max(layer.values()) + 1)])
        for name, at in layer.items():
            grid.rows[at].append(name)
        fan: dict[str, int] = defaultdict(int)
        for waits in direct.values():
            for other in waits:
                fan[other] += 1
        for name, waits in direct.items():
            for other in waits:
                kind, whose = ("out", other) if fan[other] >= len(waits) else ("in", name)
                kind += labels.get((other, name), "")
                ways = [(kind, whose, at) for at in range(layer[other] + 1, layer[name])]
                grid._join([other, *ways, name], (other, name))
        return grid

    def _join(self, way: Sequence[Key], edge: Edge) -> None:
        for first, second in pairwise(way):
            if not isinstance(second, str) and second not in self.up:
                self.rows[second[2]].append(second)
            carried = self.pieces.setdefault((first, second), [])
            if not carried:
                self.up[second].append(first)
                self.down[first].append(second)
            carried.append(edge)


def _order(grid: _Grid) -> list[list[Key]]:
    """The rows of the grid, each in the order with the fewest crossings found."""
    rows = [list(row) for row in grid.rows]
    size = sum(map(len, rows))
    best, fewest = rows, _crossings(grid, rows)
    for sweep in range(_SWEEPS if size < _MOST_PLACES else 3):
        if not fewest:
            break
        rows = _swept(grid, rows, downwards=sweep % 2 == 0)
        found = _crossings(grid, rows)
        if found < fewest:
            best, fewest = rows, found
    return best


def _swept(grid: _Grid, rows: list[list[Key]], *, downwards: bool) -> list[list[Key]]:
    near = grid.up if downwards else grid.down
    swept = [list(row) for row in rows]
    indices = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
    for index in indices:
        fixed = swept[index - 1 if downwards else index + 1]
        place = {key: position / max(len(fixed) - 1, 1) for position, key in enumerate(fixed)}
        own = {
            key: position / max(len(swept[index]) - 1, 1)
            for position, key in enumerate(swept[index])
        }

        def centre(key: Key, place: dict[Key, float] = place, own: dict[Key, float] = own) -> float:
            found = [place[other] for other in near[key] if other in place]
            return sum(found) / len(found) if found else own[key]

        swept[index].sort(key=centre)
    return swept


def _crossings(grid: _Grid, rows: list[list[Key]]) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        below = {key: position for position, key in enumerate(lower)}
        seen: list[int] = []
        for key in upper:
            ends = sorted(below[other] for other in grid.down[key])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _places(grid: _Grid, rows: list[list[Key]], measures: Measures) -> dict[Key, float]:
    """The horizontal middle of every node and waypoint."""
    x: dict[Key, float] = {}
    for row in rows:
        edge = 0.0
        for key in row:
            edge += _room(key, measures) / 2
            x[key] = edge
            edge += _room(key, measures) / 2
        for key in row:
            x[key] -= edge / 2
    for sweep in range(24 if len(x) < _MOST_PLACES // 4 else 8):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            _settle(row, grid, x, measures)
    return x


def _room(key: Key, measures: Measures) -> float:
    return measures.width + measures.gap if isinstance(key, str) else measures.waypoint


def _settle(row: list[Key], grid: _Grid, x: dict[Key, float], measures: Measures) -> None:
    """Move a row as near to its neighbours as its order and the room of each allow: pool adjacent violators."""
    offset, position = [], 0.0
    for index, key in enumerate(row):
        if index:
            position += (_room(row[index - 1], measures) + _room(key, measures)) / 2
        offset.append(position)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for key, shift in zip(row, offset, strict=True):
        near = _pulling(key, grid)
        wanted = sum(x[other] for other in near) / len(near) if near else x[key]
        # Long edges are straight first: their waypoints weigh more.
        block = (wanted - shift, 1.0 if isinstance(key, str) else 3.0, 1)
        while blocks and blocks[-1][0] >= block[0]:
            mean, weight, count = blocks.pop()
            both = weight + block[1]
            block = ((mean * weight + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    index = 0
    for mean, _, count in blocks:
        for _ in range(count):
            x[row[index]] = mean + offset[index]
            index += 1


def _pulling(key: Key, grid: _Grid) -> list[Key]:
    """The neighbours a place follows: of a waypoint those of its own trunk, so that trunks are straight."""
    near = [*grid.up[key], *grid.down[key]]
    if isinstance(key, str):
        return near
    return [other for other in near if not isinstance(other, str) and other[:2] == key[:2]] or near


def _drawn(
    grid: _Grid, rows: list[list[Key]], x: Mapping[Key, float], measures: Measures
) -> Layout:
    step = measures.height + measures.layer_gap
    row_of = {key: index for index, row in enumerate(rows) for key in row}
    left = min(x[key] - _half(key, measures) for key in x)
    right = max(x[key] + _half(key, measures) for key in x)
    nodes = tuple(
        Node(key, round(x[key] - left - measures.width / 2, 1), round(index * step, 1))
        for index, row in enumerate(rows)
        for key in row
        if isinstance(key, str)
    )
    segments = []
    for (first, second), edges in grid.pieces.items():
        top, bottom = row_of[first] * step, row_of[second] * step
        begins = top + measures.height
        if not isinstance(first, str):
            # Waypoints are passed straight through the height of their layer.
            segments.append(_straight(x[first] - left, top, begins, edges))
        segments.append(
            Segment(
                round(x[first] - left, 1),
                round(begins, 1),
                round(x[second] - left, 1),
                round(bottom, 1),
                tuple(edges),
                isinstance(second, str),
            )
        )
    height = len(rows) * step - measures.layer_gap
    return Layout(nodes, tuple(segments), round(right - left, 1), round(height, 1), measures)


def _half(key: Key, measures: Measures) -> float:
    return measures.width / 2 if isinstance(key, str) else 2.0


def _straight(x: float, top: float, bottom: float, edges: list[Edge]) -> Segment:
    return Segment(round(x, 1), round(top, 1), round(x, 1), round(bottom, 1), tuple(edges), False)
