from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.watching.details import (
    best_so_far,
    detail,
    last_line,
    rows,
    sparkline,
    training_progress,
)
from pipelines.deploy.watching.execution import Job

EPOCH = "[11/26/2026 INFO 7] #quality_metric: host=algo-1, epoch={}, {} mse_objective <loss>={}"
TEXT = st.lists(st.text(), max_size=5)


def trial(value, ended, kind="Minimize"):
    metric = {"Type": kind, "MetricName": "rmse", "Value": value}
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=ended)
    return {"TrainingEndTime": moment, "FinalHyperParameterTuningJobObjectiveMetric": metric}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["[0]\ttrain-rmse:3.5\tvalidation-rmse:4.5", "noise"], "round 0, validation-rmse 4.50"),
        (["[7]\ttrain-rmse:nan"], "round 7, train-rmse nan"),
        (
            [EPOCH.format(3, "validation", 0.25), EPOCH.format(3, "train", 0.5)],
            "epoch 3, validation mse 0.2500",
        ),
        ([EPOCH.format(4, "train", 0.5)], "epoch 4, train mse 0.5000"),
        (["loading", "step 5 of 9", "  "], "step 5 of 9"),
        ([], ""),
    ],
)
def test_training_shows_its_round_and_the_validation_metric(lines, words):
    assert training_progress(lines) == words


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["rows: train 80, test 20", "price: numeric"], "rows: train 80, test 20"),
        (["2,000 test rows"], "2,000 test rows"),
        (["read 12 rows of 3 columns"], "12 rows"),
        (["arrows: many", "3 browsers"], "rows: many"),
        (["nothing of the kind"], ""),
    ],
)
def test_processing_shows_what_its_log_says_about_rows(lines, words):
    assert rows(lines) == words


@given(TEXT)
def test_any_log_becomes_one_short_line_that_moves_no_cursor(lines):
    for words in (training_progress(lines), rows(lines), last_line(lines)):
        assert words.isprintable() or not words.isascii()
        assert "\x1b" not in words
        assert "\n" not in words
        assert len(words) < 300


def test_the_course_is_the_best_value_after_each_trial_in_the_order_of_their_ends():
    trials = [trial(3.0, 20), trial(5.0, 10), trial(4.0, 30), trial(1.0, 40), {"other": 1}]
    assert best_so_far(trials) == [5.0, 3.0, 3.0, 1.0]
    assert best_so_far([trial(1.0, 1, "Maximize"), trial(0.5, 2, "Maximize")]) == [1.0, 1.0]
    assert best_so_far([trial(float("nan"), 1), trial(2.0, 2)]) == [2.0]


def test_a_sparkline_goes_from_the_first_value_to_the_value_now():
    assert sparkline([9.0, 5.0, 1.0]) == "█▅▁"
    assert sparkline([1.0]) == ""
    assert sparkline([2.0, 2.0]) == "▁▁"


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=200))
def test_a_sparkline_is_at_most_10_wide_and_ends_where_the_values_end(values):
    line = sparkline(values)
    assert len(line) == min(10, len(values))


def test_while_a_tuning_job_runs_what_changes_stands_first():
    metric = {"MetricName": "validation:rmse", "Value": 45123.4}
    described = {
        "HyperParameterTuningJobStatus": "InProgress",
        "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxNumberOfTrainingJobs": 24}},
        "TrainingJobStatusCounters": {"Completed": 11, "InProgress": 2, "NonRetryableError": 1},
        "BestTrainingJob": {"FinalHyperParameterTuningJobObjectiveMetric": metric},
    }
    job = Job("TuningJob", "arn:x/tune")
    running = detail({}, job, described, "██▅▁")
    assert running == "12/24 trials, best 45,123 ██▅▁, 2 running, 1 failed, validation:rmse"
    ended = described | {"HyperParameterTuningJobStatus": "Completed"}
    words = "12/24 trials, 1 failed, best validation:rmse 45,123, ██▅▁"
    assert detail({}, job, ended, "██▅▁") == words
