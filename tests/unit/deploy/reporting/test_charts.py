"""Whatever the numbers and names: charts are well-formed and stay within their picture."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import parse
from pipelines.deploy.reporting.charts.bars import Bar, bars, parts_of
from pipelines.deploy.reporting.charts.canvas import Frame
from pipelines.deploy.reporting.charts.graph import Happened, graph
from pipelines.deploy.reporting.charts.histograms import Distribution, histogram, shares
from pipelines.deploy.reporting.charts.intervals import Estimate, Spread, estimates, spreads
from pipelines.deploy.reporting.charts.lines import Series, lines
from pipelines.deploy.reporting.charts.points import Axis, Point, points
from pipelines.deploy.reporting.charts.scales import scale, short
from pipelines.deploy.reporting.charts.timeline import Span, timeline

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SIZES = st.floats(0, 1e300)
FRAME = Frame(480, 240)
_PLACES = ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height")


def drawn(svg):
    """The picture, with every place in it checked."""
    root = ET.fromstring(svg)
    assert root.get("aria-label")
    width, height = (float(root.get(name)) for name in ("width", "height"))
    for element in root.iter():
        for name in _PLACES if element is not root else ():
            if (text := element.get(name)) is not None:
                assert -1 <= float(text) <= max(width, height) + 1, (element.tag, name, text)
        for number in re.findall(r"-?\d+(?:\.\d+)?", element.get("points") or ""):
            assert -1 <= float(number) <= max(width, height) + 1
    return root


@given(st.lists(FINITE, min_size=1), st.booleans(), st.booleans())
def test_a_scale_has_ticks_within_it_and_keeps_values_inside(found, zero, log):
    made = scale(found, 10, 200, zero=zero, log=log)
    for value in found:
        assert 10 <= made(value) <= 200
    ticks = made.ticks()
    assert len(ticks) <= 40
    assert all(math.isfinite(each) and len(short(each)) < 12 for each in ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (250_000, "250k"), (-1.5e6, "−1.5M"), (0.05, "0.05"), (3e-7, "3e-07")],
)
def test_numbers_beside_an_axis_are_short(value, text):
    assert short(value) == text


@given(st.lists(st.tuples(st.text(), st.lists(st.tuples(SIZES, FINITE), min_size=1)), min_size=1))
def test_lines(found):
    drawn(lines([Series(name, course) for name, course in found[:6]], "round", FRAME))


@given(st.lists(st.tuples(FINITE, FINITE, st.text()), min_size=1), st.booleans())
def test_points(found, log):
    trials = [Point(x, y, title, best=not at) for at, (x, y, title) in enumerate(found)]
    drawn(points(trials, Axis("eta", log), FRAME, best_so_far="min"))


def test_the_line_of_the_best_never_rises():
    found = [Point(at, y, "") for at, y in enumerate([5.0, 7.0, 3.0, 4.0])]
    [course] = drawn(points(found, Axis("trial"), FRAME, best_so_far="min")).iter("polyline")
    heights = [float(pair.split(",")[1]) for pair in course.get("points").split()]
    assert heights == sorted(heights)  # downwards on a page is larger


@given(st.lists(st.tuples(st.text(), SIZES, st.text(max_size=20)), max_size=20))
def test_bars(found):
    made = [Bar(*each) for each in found]
    drawn(bars(made, 1000, "Shares"))
    drawn(parts_of(made[:3], 1000, "Parts"))


@given(st.lists(st.tuples(FINITE, st.none() | st.floats(0, 1e300)), min_size=1, max_size=3))
def test_estimates(found):
    drawn(estimates([Estimate("a", *each, "s0") for each in found], "rmse", FRAME))


@given(st.lists(st.lists(FINITE, min_size=5, max_size=5).map(sorted), min_size=1, max_size=10))
def test_spreads(found):
    groups = [("1–2", [Spread(each, "t", "s0"), Spread(each, "t", "s1")]) for each in found]
    drawn(spreads(groups, "tenths", FRAME))


@given(
    st.lists(
        st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=30).map(sorted),
        min_size=1,
        max_size=2,
    )
)
def test_histograms(found):
    drawn(histogram([Distribution("a", each, "s0") for each in found], "error", FRAME))


def test_a_histogram_counts_every_row_once():
    percentiles = [0, 1, 1, 1, 2, 10]
    assert sum(shares(percentiles, 0, 10, 7)) == pytest.approx(1)
    # Three fifths of the rows are 1 or less, all but a fifth 2 or less.
    assert shares(percentiles, 0, 2.0000001, 2) == pytest.approx([0.6, 0.2], abs=1e-6)


@given(st.lists(st.tuples(st.text(), st.floats(0, 1e7), st.floats(0, 1e7)), min_size=1, max_size=9))
def test_timelines(found):
    spans = [Span(name, min(a, b), max(a, b), "good", "1 s") for name, a, b in found]
    drawn(timeline(spans, 1000))


def test_a_graph_shows_what_ran_and_what_did_not(definition):
    root = drawn(graph(definition, {"Prepare": Happened("good", "succeeded")}))
    texts = [each.text for each in root.iter("text")]
    assert texts.count("not run") == 5
    assert "true" in texts
    assert graph(parse(json.dumps({"Version": "2020-12-01", "Steps": []})), {}) == ""


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><b>', "a & b", "\x00\x1b[31m", "\ud800"]
)
def test_names_are_text(name):
    root = drawn(bars([Bar(name, 1.0, name)], 400, name))
    assert {each.tag for each in root.iter()} <= {"svg", "text", "rect", "title"}
