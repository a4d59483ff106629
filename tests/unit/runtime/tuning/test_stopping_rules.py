"""Which trials are stopped early, and where: the median rule and Hyperband's rungs."""

from __future__ import annotations

import pytest

from runtime.tuning._base import Brief, Range, RangeKind, Trial
from runtime.tuning._median import median_cutoffs
from runtime.tuning.hyperband import Hyperband

ETA = (Range("eta", RangeKind.CONTINUOUS, 0.1, 0.5),)


def trial(number: int, *curve: float) -> Trial:
    return Trial(number, {"eta": "0.1"}, curve[-1] if curve else None, curve)


def test_the_bar_is_the_median_of_the_running_averages_up_to_the_epoch() -> None:
    curves = [(10.0, 6.0), (8.0, 4.0), (6.0, 2.0), (20.0, 20.0), (1.0, 1.0)]
    trials = [trial(number, *curve) for number, curve in enumerate(curves)]
    # Averages after epoch 1: 10 8 6 20 1; after epoch 2: 8 6 4 20 1.
    assert median_cutoffs(trials) == {1: 8.0, 2: 6.0}


def test_few_curves_stop_nobody_and_long_ones_have_no_bar_where_few_got() -> None:
    assert median_cutoffs([trial(number, 2.0, 1.0) for number in range(4)]) == {}
    trials = [trial(number, 2.0, 1.0) for number in range(5)]
    trials[0] = trial(0, 2.0, 1.0, 0.5, 0.2)
    assert sorted(median_cutoffs(trials)) == [1, 2]


def test_a_metric_that_is_reported_once_stops_nobody() -> None:
    """Or a job would be stopped at its end, with its model unsaved."""
    assert median_cutoffs([trial(number, float(number)) for number in range(9)]) == {}


def hyperband(least: int, most: int, *, maximize: bool = False) -> Hyperband:
    return Hyperband(Brief(ETA, maximize, resource=(least, most)))


def test_hyperband_keeps_the_best_third_of_those_that_reached_a_rung() -> None:
    finished = [trial(number, *[float(number)] * 9) for number in range(9)]
    # Rungs at 1, 3, 9 epochs; the best third of nine is 0, 1, 2.
    assert hyperband(1, 27).cutoffs(0, finished) == {1: 2.0, 3: 2.0, 9: 2.0}
    assert hyperband(1, 27, maximize=True).cutoffs(0, finished) == {1: 6.0, 3: 6.0, 9: 6.0}


def test_hyperband_looks_at_later_brackets_less_early() -> None:
    finished = [trial(number, *[float(number)] * 9) for number in range(9)]
    first = [min(hyperband(1, 27).cutoffs(number, finished)) for number in range(8)]
    assert first == [1, 3, 1, 9, 1, 3, 1, 9]


@pytest.mark.parametrize("reached", [0, 1, 2])
def test_hyperband_stops_nobody_before_three_have_reached_the_rung(reached: int) -> None:
    finished = [trial(number, *[1.0] * 5) for number in range(reached)]
    assert hyperband(5, 50).cutoffs(0, finished) == {}


def test_hyperband_never_looks_below_the_least_resource_nor_at_the_most() -> None:
    finished = [trial(number, *[1.0] * 30) for number in range(5)]
    assert sorted(hyperband(4, 12).cutoffs(0, finished)) == [4]
