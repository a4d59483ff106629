from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from pipelines.deploy.difference import Change
from pipelines.deploy.display import Lines, LiveTable
from pipelines.deploy.execution import ExecutionView, Status, StepView
from pipelines.deploy.findings import Evaluation, Failure, Findings, Metric
from pipelines.deploy.plan import Plan, TagPipeline, UpdatePipeline
from pipelines.deploy.report import plan_lines, say, summary
from pipelines.deploy.text import duration, number, shortened

START = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Findings(None, {}, {}, ())


def at(seconds):
    return START + timedelta(seconds=seconds)


def step(name, status, ended=None, **members):
    return StepView(name, "Training", status, START, ended and at(ended), **members)


def execution(status, *steps, failure=None):
    ended = at(42) if status.is_finished() else None
    return ExecutionView("tiny", "arn:execution/x", status, START, ended, failure, steps)


def printed(*lines, **options):
    console = Console(file=io.StringIO(), width=200, **options)
    say(console, *lines)
    return console.file.getvalue()


def test_columns_line_up_and_lines_have_no_trailing_spaces():
    view = execution(
        Status.SUCCEEDED,
        step("A", Status.SUCCEEDED, 3),
        step("LongName", Status.SUCCEEDED, 41, detail="best x 1"),
    )
    lines = printed(*summary(view, NOTHING, None, at(50))).splitlines()
    assert lines == [
        "tiny  Succeeded  42.0 s",
        "arn:execution/x",
        "",
        " ✓  A         Succeeded   3.0 s",
        " ✓  LongName  Succeeded  41.0 s  best x 1",
    ]


def test_steps_of_the_branch_not_taken_were_not_run():
    view = execution(Status.SUCCEEDED, StepView("Fail", "Fail", Status.NOT_RUN))
    assert " ·  Fail  Not run" in printed(*summary(view, NOTHING, None, at(50)))


def test_baseline_and_tuned_metrics_stand_beside_each_other():
    tuned = {"r2": Metric(0.84, None), "rmse": Metric(46123.4, 812.3)}
    evaluation = Evaluation(tuned, {"rmse": Metric(71234.0, 900.0)}, 0.3525)
    view = execution(Status.SUCCEEDED)
    text = printed(*summary(view, Findings(evaluation, {}, {}, ()), None, at(50)))
    lines = [line.split() for line in text.splitlines()]
    assert ["Test", "metrics", "baseline", "tuned"] in lines
    assert ["rmse", "71,234", "±", "900.0", "46,123", "±", "812.3"] in lines
    assert lines.index(["r2", "0.8400"]) > 0


def test_a_failure_ends_with_the_next_command():
    failure = Failure("Train", "AlgorithmError: [no] markup", "jobs/x/log", ("last [line]",))
    view = execution(Status.FAILED, step("Train", Status.FAILED, 3))
    lines = printed(*summary(view, Findings(None, {}, {}, (failure,)), None, at(50))).splitlines()
    assert "Train failed  AlgorithmError: [no] markup" in lines
    assert "  last [line]" in lines
    assert "  log: jobs/x/log" in lines
    assert lines[-1] == "Next  python -m pipelines.upsert tiny --start --wait"


def test_no_color_means_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    view = execution(Status.SUCCEEDED, step("A", Status.SUCCEEDED, 3))
    text = printed(*summary(view, NOTHING, None, at(50)), force_terminal=True)
    assert "\x1b[3" not in text


def test_the_live_table_shows_elapsed_times_of_now():
    console = Console(file=io.StringIO(), width=100)
    live = LiveTable(console, lambda: at(12.3))
    live.show(execution(Status.EXECUTING, step("Tune", Status.EXECUTING, detail="7/20 trials")))
    live.notice("Stopping")
    console.print(live._render())
    text = console.file.getvalue()
    assert "tiny  Executing  12.3 s" in text
    assert "Executing  12.3 s  7/20 trials" in text
    assert "Stopping" in text


def test_outside_a_terminal_each_change_of_status_is_one_line():
    console = Console(file=io.StringIO(), width=200)
    lines = Lines(console, lambda: at(5))
    for status in (Status.EXECUTING, Status.EXECUTING, Status.SUCCEEDED):
        ended = 4 if status.is_finished() else None
        lines.show(execution(Status.EXECUTING, step("Train", status, ended)))
    assert [line.split() for line in console.file.getvalue().splitlines()] == [
        ["5.0", "s", "Train", "Executing"],
        ["5.0", "s", "Train", "Succeeded", "4.0", "s"],
    ]


def test_a_plan_names_what_changes_and_counts_the_rest():
    changes = tuple(Change("~", f"Steps.A.{index}", 1, 2) for index in range(25))
    update = UpdatePipeline("tiny", "{}", None, None, changes)
    lines = [line.plain for line in plan_lines(Plan("tiny", (update,)))]
    assert lines[:3] == [
        "tiny  update",
        "  ~ update pipeline tiny  25 changes",
        "      ~ Steps.A.0  1 → 2",
    ]
    assert lines[-1] == "      and 5 more changes"


def test_a_plan_without_instructions_is_up_to_date():
    assert [line.plain for line in plan_lines(Plan("tiny", ()))] == ["tiny  up to date"]


def test_tags_are_shown():
    [_, line] = plan_lines(Plan("tiny", (TagPipeline("tiny", "arn", {"a": "b"}),)))
    assert line.plain == "  ~ tag pipeline tiny  a=b"


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
