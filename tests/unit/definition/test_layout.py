"""Whatever the graph: everything is drawn, nothing overlaps, lines lead down."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.layout import Layout, Measures, lay_out, layers, without_implied

MEASURES = Measures()


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Name -> the names before it that it waits for."""
    size = draw(st.integers(1, 25))
    names = [f"n{index}" for index in range(size)]
    return {
        name: (
            draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=4)) if index else []
        )
        for index, name in enumerate(names)
    }


def reachable(waits: dict[str, list[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, before in waits.items():
        found[name] = set(before).union(*(found[other] for other in before))
    return found


@given(graphs())
def test_every_node_has_one_place_of_its_own(waits: dict[str, list[str]]) -> None:
    layout = lay_out(waits)
    assert sorted(node.name for node in layout.nodes) == sorted(waits)
    rows: dict[float, list[float]] = defaultdict(list)
    for node in layout.nodes:
        rows[node.y].append(node.x)
    for places in rows.values():
        ordered = sorted(places)
        gaps = [after - before for before, after in pairwise(ordered)]
        assert all(gap >= MEASURES.width + MEASURES.gap - 0.2 for gap in gaps)
        assert len(places) <= MEASURES.most
    assert all(0 <= node.x <= layout.width - MEASURES.width + 0.2 for node in layout.nodes)


@given(graphs())
def test_what_waits_stands_below(waits: dict[str, list[str]]) -> None:
    y = {node.name: node.y for node in lay_out(waits).nodes}
    assert all(y[other] < y[name] for name, before in waits.items() for other in before)


@given(graphs())
def test_lines_carry_every_edge_that_is_not_implied(waits: dict[str, list[str]]) -> None:
    order = list(waits)
    direct = without_implied(waits, order)
    layout = lay_out(waits)
    arrivals = Counter(
        edge for segment in layout.segments if segment.ends for edge in segment.edges
    )
    assert arrivals == Counter((other, name) for name, before in direct.items() for other in before)
    assert all(segment.y1 <= segment.y2 for segment in layout.segments)


@given(graphs())
def test_a_left_out_edge_is_implied_by_others(waits: dict[str, list[str]]) -> None:
    direct = without_implied(waits, list(waits))
    kept = {name: list(before) for name, before in direct.items()}
    assert reachable(kept) == reachable(waits)
    for name, before in kept.items():
        for other in before:
            rest = {**kept, name: [each for each in before if each != other]}
            assert other not in reachable(rest)[name]


@given(graphs())
def test_the_order_of_what_a_node_waits_for_does_not_matter(waits: dict[str, list[str]]) -> None:
    turned = {name: list(reversed(before)) for name, before in waits.items()}
    assert lay_out(waits) == lay_out(turned)


def test_a_chain_is_a_straight_line() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["b"]})
    assert len({node.x for node in layout.nodes}) == 1
    assert [node.name for node in layout.nodes] == ["a", "b", "c"]


def test_a_fan_becomes_a_block_with_one_trunk() -> None:
    leaves = [f"leaf{index:02d}" for index in range(40)]
    layout = lay_out({"root": [], **{leaf: ["root"] for leaf in leaves}, "end": leaves})
    assert layout.width < 12 * MEASURES.width
    # What carries many edges is drawn once.
    assert max(len(segment.edges) for segment in layout.segments) > 20


def test_edges_with_different_labels_share_no_trunk() -> None:
    waits = {"if": [], **{f"y{n}": ["if"] for n in range(9)}, **{f"n{n}": ["if"] for n in range(9)}}
    labels = {("if", name): name[0] for name in waits if name != "if"}
    layout = lay_out(waits, labels=labels)
    assert all(len({labels[edge] for edge in segment.edges}) == 1 for segment in layout.segments)


def test_a_source_that_is_needed_late_stands_late() -> None:
    waits = {"a": [], "b": ["a"], "c": ["b"], "late": [], "d": ["c", "late"]}
    found = layers({name: tuple(before) for name, before in waits.items()}, list(waits), 6)
    assert found == {"a": 0, "b": 1, "c": 2, "late": 2, "d": 3}


@pytest.mark.parametrize("waits", [{}, {"a": []}])
def test_small_graphs(waits: dict[str, list[str]]) -> None:
    layout = lay_out(waits)
    assert isinstance(layout, Layout)
    assert len(layout.nodes) == len(waits)
