from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipelines.deploy.watching.display import Lines, LiveTable, fitted, opened, steps_table
from pipelines.deploy.watching.execution import Status


def test_the_live_table_shows_elapsed_times_of_now(execution, step, at):
    console = Console(file=io.StringIO(), width=100)
    live = LiveTable(console, lambda: at(12.3))
    live.show(execution(Status.EXECUTING, step("Tune", Status.EXECUTING, detail="7/20 trials")))
    live.notice("Stopping")
    console.print(live._render())
    text = console.file.getvalue()
    assert "tiny  Executing  12.3 s" in text
    assert "Executing  12.3 s  7/20 trials" in text
    assert "Stopping" in text


def test_outside_a_terminal_each_change_of_status_is_one_line(execution, step, at):
    console = Console(file=io.StringIO(), width=200)
    lines = Lines(console, lambda: at(5))
    for status in (Status.EXECUTING, Status.EXECUTING, Status.SUCCEEDED):
        ended = 4 if status.is_finished() else None
        lines.show(execution(Status.EXECUTING, step("Train", status, ended)))
    assert [line.split() for line in console.file.getvalue().splitlines()] == [
        ["5.0", "s", "Train", "Executing"],
        ["5.0", "s", "Train", "Succeeded", "4.0", "s"],
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_on_a_narrow_terminal_only_the_detail_is_cut(execution, step, at, width):
    words = "test:rmse 64,399, " * 20
    view = execution(
        Status.EXECUTING,
        step("Prepare", Status.SUCCEEDED, 3, detail=words),
        step("Tune", Status.EXECUTING, detail=words),
    )
    console = Console(file=io.StringIO(), width=width)
    console.print(steps_table(view, at(70)))
    first, second = console.file.getvalue().splitlines()
    assert first.startswith(" ✓  Prepare  Succeeded       3.0 s")
    assert second.startswith(" ●  Tune     Executing  1 min 10 s")
    assert first.endswith("…")


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True)
    with opened(console) as display:
        assert isinstance(display, Lines)


def test_another_attempt_is_a_line_of_its_own(execution, step, at):
    console = Console(file=io.StringIO(), width=200)
    lines = Lines(console, lambda: at(5))
    for attempts in (1, 1, 2):
        lines.show(execution(Status.EXECUTING, step("Train", Status.EXECUTING, attempts=attempts)))
    assert len(console.file.getvalue().splitlines()) == 2


def test_what_runs_has_the_spinner_for_a_mark(execution, step, at):
    view = execution(
        Status.EXECUTING, step("Tune", Status.EXECUTING), step("Train", Status.SUCCEEDED, 3)
    )
    console = Console(file=io.StringIO(), width=80)
    console.print(steps_table(view, at(5), "⠹"))
    assert [line.split()[0] for line in console.file.getvalue().splitlines()] == ["⠹", "✓"]


def test_with_little_room_what_runs_and_failed_is_kept_in_its_order(execution, step):
    view = execution(
        Status.EXECUTING,
        step("Old", Status.SUCCEEDED, 1),
        step("Bad", Status.FAILED, 2),
        step("New", Status.SUCCEEDED, 3),
        step("Runs", Status.EXECUTING),
        step("Later", Status.WAITING),
    )

    def names(room):
        shown, left_out = fitted(view, room)
        return [each.name for each in shown.steps], left_out

    assert names(5) == (["Old", "Bad", "New", "Runs", "Later"], 0)
    assert names(4) == (["Bad", "New", "Runs"], 2)
    assert names(3) == (["Bad", "Runs"], 3)
    assert names(0) == (["Runs"], 4)
