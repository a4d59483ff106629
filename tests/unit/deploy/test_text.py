from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.text import duration, harmless, number, shortened


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


@given(st.text())
def test_what_a_job_wrote_keeps_its_lines_and_loses_its_power(written):
    text = harmless(written)
    assert not any(unicodedata.category(each) == "Cc" and each not in "\t\n" for each in text)
    assert text.count("\n") == written.count("\n")
    assert harmless("a\x1b[2Jb\tc") == "a[2Jb\tc"
