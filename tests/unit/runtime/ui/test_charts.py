"""Line charts stay inside their frame, whatever the numbers."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runtime.ui.charts import line_chart, ticks
from runtime.ui.curves import curves

numbers = st.floats(width=32)


@given(st.lists(st.tuples(st.integers(0, 1000), numbers), max_size=50))
def test_points_lie_in_the_frame(points: list[tuple[float, float]]) -> None:
    chart = line_chart("loss", {"train": points})
    if chart is None:
        assert not any(abs(y) < float("inf") for _, y in points)
        return
    for x, y in re.findall(r"(-?[\d.e+-]+) (-?[\d.e+-]+)", chart.series[0].path):
        assert chart.left - 0.1 <= float(x) <= chart.width - chart.right + 0.1
        assert 0 <= float(y) <= chart.height


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert len(found) <= 6
    slack = span * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= tick <= low + span + slack for tick in found)


def test_a_long_series_is_thinned_and_keeps_its_end() -> None:
    chart = line_chart("loss", {"train": [(x, 1 / x) for x in range(1, 10_001)]})
    assert chart is not None
    assert chart.series[0].path.count("L") < 1000
    assert chart.series[0].last == 1 / 10_000
    assert "from 1 to 0.0001" in chart.summary


def test_channels_of_a_metric_share_a_chart() -> None:
    lines = [f"[{n}]\ttrain-rmse:{5 - n}.5\tvalidation-rmse:{6 - n}.5" for n in range(3)]
    definitions = [
        {"Name": "train:rmse", "Regex": r".*\[[0-9]+\].*#011train-rmse:([-+]?[0-9.]+).*"},
        {"Name": "validation:rmse", "Regex": r".*\[[0-9]+\].*#011validation-rmse:([-+]?[0-9.]+).*"},
        {"Name": "train:progress", "Regex": r"\[(\d)\]"},
        {"Name": "broken", "Regex": "("},
        {"Name": "absent", "Regex": "nothing like (this)"},
    ]
    [chart] = curves(lines, definitions)
    assert chart.title == "rmse"
    assert [(series.name, series.last) for series in chart.series] == [
        ("train:rmse", 3.5),
        ("validation:rmse", 4.5),
    ]
