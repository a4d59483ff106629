"""When a tuning job has done enough."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.jobs.tuning.completion import Criteria, criteria_of, is_complete, progress_of
from runtime.jobs.tuning.request import Objective

LOWEST = Objective("validation:rmse", maximize=False)
HIGHEST = Objective("validation:auc", maximize=True)


def test_criteria_are_read_from_the_request() -> None:
    config: dict[str, Any] = {
        "TuningJobCompletionCriteria": {
            "TargetObjectiveMetricValue": 0.5,
            "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 4},
            "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
        }
    }
    assert criteria_of(config) == Criteria(0.5, 4, on_convergence=True)
    assert criteria_of({}) == Criteria()


@pytest.mark.parametrize(
    ("objective", "values", "complete"),
    [
        (LOWEST, [3.0, 2.0], False),
        (LOWEST, [3.0, None, 0.5, 2.0], True),
        (LOWEST, [3.0, 1.0], True),
        (HIGHEST, [0.5, 0.9], False),
        (HIGHEST, [0.5, 1.0], True),
    ],
)
def test_a_target_that_is_reached_or_passed_completes(
    objective: Objective, values: list[float | None], complete: bool
) -> None:
    assert is_complete(Criteria(target=1.0), values, objective, 1) is complete


def test_jobs_since_the_best_one_are_counted_failed_ones_too() -> None:
    values = [None, 5.0, 4.0, 4.0, None, 6.0]
    assert progress_of(values, LOWEST, 1).not_improving == 3
    assert is_complete(Criteria(not_improving=3), values, LOWEST, 1)
    assert not is_complete(Criteria(not_improving=4), values, LOWEST, 1)
    assert progress_of([*values, 1.0], LOWEST, 1).not_improving == 0


def test_an_improvement_of_less_than_one_percent_is_none() -> None:
    values: list[float | None] = [100.0, 99.5, 99.2, 99.01]
    assert progress_of(values, LOWEST, 1).not_improving == 3
    # The best of them is what the next one is measured by.
    assert progress_of([*values, 98.9], LOWEST, 1).not_improving == 4
    assert progress_of([*values, 98.0], LOWEST, 1).not_improving == 0
    assert progress_of([0.0, -0.001], LOWEST, 1).not_improving == 0


def test_a_search_has_converged_when_ten_jobs_brought_less_than_one_percent() -> None:
    values: list[float | None] = [200.0, 100.0, *[99.5] * 9]
    assert progress_of(values, LOWEST, 1).converged is None
    values.append(99.5)
    assert progress_of(values, LOWEST, 1).converged == 11
    assert is_complete(Criteria(on_convergence=True), values, LOWEST, 1)
    assert not is_complete(Criteria(), values, LOWEST, 1)
    # The more there is to tune, the longer it is waited for.
    assert progress_of(values, LOWEST, 6).converged is None


def test_what_still_improves_has_not_converged() -> None:
    values = [100.0 * 0.99**number for number in range(40)]
    assert progress_of(values, LOWEST, 1).converged is None


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=30))
def test_any_results_give_an_answer(values: list[float | None]) -> None:
    for objective in (LOWEST, HIGHEST):
        progress = progress_of(values, objective, 1)
        assert 0 <= progress.not_improving < max(len(values), 1)
