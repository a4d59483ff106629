from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.deploy.output import say
from pipelines.deploy.watching.execution import Status, StepView
from pipelines.deploy.watching.findings import Evaluation, Failure, Findings, Metric
from pipelines.deploy.watching.summary import again_line, reading_lines, studio_line, summary

NOTHING = Findings(None, {}, {}, ())


def printed(*lines, **options):
    console = Console(file=io.StringIO(), width=200, **options)
    say(console, *lines)
    return console.file.getvalue()


def test_columns_line_up_and_lines_have_no_trailing_spaces(execution, step, at):
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


def test_steps_of_the_branch_not_taken_were_not_run(execution, at):
    view = execution(Status.SUCCEEDED, StepView("Fail", "Fail", Status.NOT_RUN))
    assert " ·  Fail  Not run" in printed(*summary(view, NOTHING, None, at(50)))


def test_baseline_and_tuned_metrics_stand_beside_each_other(execution, at):
    tuned = {"r2": Metric(0.84, None), "rmse": Metric(46123.4, 812.3)}
    evaluation = Evaluation(tuned, {"rmse": Metric(71234.0, 900.0)}, 0.3525)
    view = execution(Status.SUCCEEDED)
    text = printed(*summary(view, Findings(evaluation, {}, {}, ()), None, at(50)))
    lines = [line.split() for line in text.splitlines()]
    assert ["Test", "metrics", "baseline", "tuned"] in lines
    assert ["rmse", "71,234", "±", "900.0", "46,123", "±", "812.3"] in lines
    assert lines.index(["r2", "0.8400"]) > 0


def test_a_failure_shows_its_reason_and_the_end_of_its_log(execution, step, at):
    failure = Failure("Train", "AlgorithmError: [no] markup", "jobs/x/log", ("last [line]",))
    view = execution(Status.FAILED, step("Train", Status.FAILED, 3))
    lines = printed(*summary(view, Findings(None, {}, {}, (failure,)), None, at(50))).splitlines()
    assert "Train failed  AlgorithmError: [no] markup" in lines
    assert "  last [line]" in lines
    assert lines[-1] == "  log: jobs/x/log"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (Status.SUCCEEDED, None),
        (Status.STOPPED, "To try again:  python -m pipelines.run tiny --param A=1"),
        (
            Status.FAILED,
            "To try again:  python -m pipelines.upsert tiny --start --wait --param A=1",
        ),
    ],
)
def test_the_last_line_is_the_command_to_type_again_with_its_options(execution, status, line):
    again = again_line(execution(status), "--param A=1")
    assert (again and again.plain) == line


def test_what_could_not_be_read_is_said(execution, at):
    findings = Findings(None, {}, {}, (), ("reading s3://b/x: Forbidden (403)",))
    text = printed(*summary(execution(Status.SUCCEEDED), findings, None, at(50)))
    assert "Not read: reading s3://b/x: Forbidden (403)" in text


def test_what_one_copies_stays_in_one_piece_on_a_narrow_terminal(execution, at):
    package = {"arn": f"arn:aws:sagemaker:{'x' * 80}", "approval": "Approved"}
    console = Console(file=io.StringIO(), width=40, force_terminal=True, color_system=None)
    say(
        console, *summary(execution(Status.SUCCEEDED), Findings(None, {}, package, ()), None, at(5))
    )
    assert f"Model package  {package['arn']}\n" in console.file.getvalue()


def test_no_color_means_no_colour(monkeypatch, execution, step, at):
    monkeypatch.setenv("NO_COLOR", "1")
    view = execution(Status.SUCCEEDED, step("A", Status.SUCCEEDED, 3))
    text = printed(*summary(view, NOTHING, None, at(50)), force_terminal=True)
    assert "\x1b[3" not in text


def test_another_command_may_be_what_to_type_again(execution):
    again = again_line(
        execution(Status.FAILED), "--param A=1", "python -m pipelines.run tiny --only A"
    )
    assert again.plain == "To try again:  python -m pipelines.run tiny --only A"


def test_after_a_failure_the_commands_to_read_and_to_continue_are_shown(execution, step):
    failure = Failure("Train", "No.", "jobs/x/log", ())
    findings = Findings(None, {}, {}, (failure,))
    view = execution(Status.FAILED, step("Train", Status.FAILED, 3))
    assert [line.plain for line in reading_lines(view, findings, "--env dev")] == [
        "To read its log:  python -m pipelines.logs x Train --env dev",
        "To continue it:  python -m pipelines.retry x --env dev",
    ]
    assert reading_lines(execution(Status.SUCCEEDED), NOTHING, "") == []


def test_what_a_job_wrote_cannot_move_the_cursor(execution, step, at):
    failure = Failure("Train", "No\x1b[2J.", None, ("\x1b]0;title\x07end",))
    view = execution(Status.FAILED, step("Train", Status.FAILED, 3, failure="No\x1b[2J."))
    text = printed(*summary(view, Findings(None, {}, {}, (failure,)), None, at(50)))
    assert "\x1b" not in text
    assert "No[2J." in text


def test_what_a_fail_step_ended_cannot_be_continued(execution):
    view = execution(Status.FAILED, StepView("No", "Fail", Status.FAILED))
    assert reading_lines(view, NOTHING, "") == []


def test_the_studio_is_named_with_its_directory() -> None:
    assert studio_line(Path(".sagemaker")).plain.endswith("python -m runtime studio")
    elsewhere = studio_line(Path("my state")).plain
    assert elsewhere.endswith("python -m runtime studio --data 'my state'")
