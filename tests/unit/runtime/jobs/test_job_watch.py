"""Stopping a training job early by the lines it prints."""

from __future__ import annotations

import io
import json

import pytest

from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.jobs.watch import Judge, Watch, WatchedOutput

METRIC = XGBoost().metric("validation:rmse")
REGEX = METRIC.regex if METRIC else ""


def line(epoch: int, value: float) -> str:
    return f"[{epoch}]\ttrain-rmse:0.50000\tvalidation-rmse:{value:.5f}"


def stopped_after(watch: Watch, values: list[float]) -> int | None:
    judge = Judge(watch)
    judged = (judge.is_over(line(epoch, value)) for epoch, value in enumerate(values))
    return next((epoch for epoch, over in enumerate(judged, 1) if over), None)


@pytest.mark.parametrize(
    ("maximize", "values", "expected"),
    [
        (False, [9, 8, 3.1], 3),
        (False, [9, 8, 3.0], None),
        (False, [9, 8, 2.9], None),
        (True, [9, 8, 2.9], 3),
        (True, [9, 8, 3.1], None),
    ],
)
def test_a_job_is_over_when_it_is_worse_than_the_bar_of_its_epoch(
    maximize: bool, values: list[float], expected: int | None
) -> None:
    assert stopped_after(Watch(REGEX, maximize, {3: 3.0}), values) == expected


def test_a_job_may_reach_the_most_epochs_and_not_pass_them() -> None:
    watch = Watch(REGEX, False, most=3)
    assert stopped_after(watch, [1.0] * 3) is None
    assert stopped_after(watch, [1.0] * 4) == 4


def test_other_lines_and_values_that_are_no_numbers_do_not_end_a_job() -> None:
    judge = Judge(Watch(r"validation-rmse:(\S+)", False, {1: 1.0, 2: 1.0}))
    assert not judge.is_over("[12:00:00] INFO loading")
    assert not judge.is_over("[0]#011validation-rmse:nonsense")
    assert judge.is_over("[1]#011validation-rmse:2.0")


def test_a_watch_survives_the_way_to_the_job() -> None:
    watch = Watch(REGEX, True, {1: 0.5, 20: 0.75}, 81)
    assert Watch.read(json.loads(json.dumps(watch.document()))) == watch


def test_output_passes_through_and_the_end_comes_after_the_whole_line() -> None:
    output = io.StringIO()
    seen: list[str] = []
    judge = Judge(Watch(REGEX, False, {2: 1.0}))
    watched = WatchedOutput(output, judge, lambda: seen.append(output.getvalue()))
    text = line(0, 5) + "\n" + line(1, 5) + "\nafter"
    for at in range(0, len(text), 7):  # lines come in pieces
        watched.write(text[at : at + 7])
    assert output.getvalue() == text
    assert len(seen) == 1
    assert seen[0].startswith(line(0, 5) + "\n" + line(1, 5) + "\n")
