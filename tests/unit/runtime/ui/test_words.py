"""How values read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.ui import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (-0.1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (20, "20"),
        (27577.123, "27,577"),
        (0.087712, "0.087712"),
        (4.147253248e9, "4.1473e9"),
        (1e-7, "1e-7"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert words.number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_that_is_shown_is_near_the_number(value: float) -> None:
    shown = float(words.number(value).replace(",", ""))
    assert abs(shown - value) <= max(abs(value) * 1e-4, 0.5 if abs(value) >= 1e4 else 0)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 KB"), (3.2e15, "3200.0 TB")]
)
def test_sizes(value: int, text: str) -> None:
    assert words.size(value) == text


def test_every_tone_has_a_mark() -> None:
    for status in ("Succeeded", "Executing", "Failed", "Stopped", "Cached", "anything else"):
        assert words.tone(status) in words.MARKS


def test_a_long_reason_is_cut_to_its_first_line() -> None:
    assert words.first_line("\n first\nsecond") == " first"
    assert words.first_line("x" * 500) == "x" * 179 + "…"
    assert words.first_line("") == ""
