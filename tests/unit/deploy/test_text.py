from __future__ import annotations

import pytest

from pipelines.deploy.text import duration, number, shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (47912.4, "47,912"),
        (0.84213, "0.8421"),
        (12.345, "12.35"),
        (812.34, "812.3"),
        (0, "0"),
        (-1234567, "-1,234,567"),
        (1.5e-6, "1.5e-06"),
    ],
)
def test_numbers_are_for_reading(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (4.21, "4.2 s"), (59.96, "1 min 00 s"), (65, "1 min 05 s"), (7380, "2 h 03 min")],
)
def test_durations_are_for_reading(seconds, text):
    assert duration(seconds) == text


def test_long_values_are_cut_to_one_line():
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 100)) == 60
