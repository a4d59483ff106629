"""Optuna's plots as data."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from runtime.tuning._base import Range, RangeKind, Scaling
from runtime.ui.figures import Point, Study, figures

RANGES = (
    Range("eta", RangeKind.CONTINUOUS, 0.01, 1.0, scaling=Scaling.LOGARITHMIC),
    Range("depth", RangeKind.INTEGER, 1, 9),
    Range("booster", RangeKind.CATEGORICAL, values=("tree", "line")),
)


def study(count: int, *ranges: Range, maximize: bool = False) -> Study:
    draw = random.Random(1)
    points = [
        Point(
            number,
            abs(eta - 0.3) + number * 1e-6,
            (("booster", draw.choice(("tree", "line"))), ("depth", "4"), ("eta", repr(eta))),
        )
        for number, eta in ((n, draw.uniform(0.01, 1)) for n in range(2, count + 2))
    ]
    return Study("rmse", maximize, ranges or RANGES, tuple(points))


def drawn(made: Study) -> Any:
    return json.loads(figures(made))


def test_all_four_are_drawn() -> None:
    made = drawn(study(12))
    assert set(made) == {"history", "importance", "parallel", "slices"}
    assert all(made.values())


def test_trials_keep_their_numbers() -> None:
    made = study(5)
    assert drawn(made)["history"]["data"][0]["x"] == [2, 3, 4, 5, 6]
    values = {point.number: point.value for point in made.points}
    for trace in drawn(made)["slices"]["data"]:
        assert {number: values[number] for number in trace["customdata"]} == values
        assert [values[number] for number in trace["customdata"]] == trace["y"]


@pytest.mark.parametrize("maximize", [True, False])
def test_the_best_line_is_drawn_last(maximize: bool) -> None:
    made = study(8, maximize=maximize)
    choose = max if maximize else min
    best = choose(made.points, key=lambda point: point.value)
    last = drawn(made)["parallel"]["data"][-1]
    assert last["ids"][0] == str(best.number)
    assert last["meta"]["place"] == 1


def test_what_explains_the_objective_comes_first() -> None:
    assert drawn(study(40))["importance"]["summary"].startswith("Importance: eta 0.")


def test_too_little_to_draw_is_no_figure() -> None:
    assert drawn(study(0)) == {}
    assert drawn(study(1))["importance"] is None
    assert drawn(study(2))["parallel"]


def test_names_and_values_are_no_tags_and_no_links() -> None:
    name = '<a href="https://evil.example">eta</a>'
    made = Study(
        "<b>rmse</b>",
        False,
        (Range(name, RangeKind.CATEGORICAL, values=("<i>x</i>", "y")),),
        tuple(Point(n, float(n), ((name, ("<i>x</i>", "y")[n % 2]),)) for n in range(1, 7)),
    )
    found = drawn(made)
    told = json.dumps([{**figure, "summary": ""} for figure in found.values() if figure])
    assert "<a" not in told
    assert "<b>" not in told
    assert "<i>" not in told
    assert "&lt;a href" in told


def test_values_outside_the_range_are_drawn_too() -> None:
    points = tuple(Point(n, float(n), (("depth", str(n * 10)),)) for n in range(1, 6))
    made = Study("rmse", False, (Range("depth", RangeKind.INTEGER, 1, 9),), points)
    assert drawn(made)["slices"]["data"][0]["x"] == [10, 20, 30, 40, 50]


def test_trials_of_different_definitions_have_different_hyperparameters() -> None:
    points = (
        Point(1, 1.0, (("eta", "0.1"),)),
        Point(2, 2.0, (("depth", "3"),)),
        Point(3, 3.0, (("eta", "0.2"),)),
    )
    made = drawn(Study("rmse", False, RANGES[:2], points))
    assert len(made["parallel"]["data"]) == 3
    assert [trace["customdata"] for trace in made["slices"]["data"]] == [[2], [1, 3]]
