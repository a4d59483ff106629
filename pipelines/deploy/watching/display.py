"""How a running execution looks: a live table on a terminal, one line for each change elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.deploy.text import count, duration, harmless, shortened
from pipelines.deploy.watching.execution import ExecutionView, Status, StepView
from pipelines.deploy.watching.painter import Painter
from pipelines.deploy.watching.watch import Display

Clock = Callable[[], datetime]

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES = 8  # a second
_ROOM = 24  # lines, where nobody says how many there are

# status -> (mark, style)
MARKS = {
    Status.WAITING: ("·", "dim"),
    Status.NOT_RUN: ("·", "dim"),
    Status.STARTING: ("●", "cyan"),
    Status.EXECUTING: ("●", "cyan"),
    Status.STOPPING: ("●", "yellow"),
    Status.STOPPED: ("■", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.SUCCEEDED: ("✓", "green"),
    Status.COMPLETED_WITH_FAILURES: ("✓", "yellow"),
}


def utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def opened(console: Console, clock: Clock = utc_now) -> Iterator[Display]:
    """The display that suits the console."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console, clock)
        return
    with LiveTable(console, clock) as table:
        yield table


def steps_table(view: ExecutionView, now: datetime, spinner: str = "") -> Table:
    """One line a step: mark, name, status, time, what matters; `spinner` is the mark of what runs."""
    table = Table.grid(padding=(0, 2), pad_edge=False)
    for _ in ("mark", "name", "status"):
        table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    # The one column that may shrink on a narrow terminal; its texts stay in one line all the same.
    table.add_column()
    for step in view.steps:
        table.add_row(*_row(step, now, spinner))
    return table


def _row(step: StepView, now: datetime, spinner: str) -> tuple[str | Text, ...]:
    mark, style = MARKS[step.status]
    if spinner and step.started and not step.status.is_finished():
        mark = spinner
    return (
        Text(f" {mark}", style),
        Text(step.name, "" if step.started else "dim"),
        Text("Not run" if step.status is Status.NOT_RUN else str(step.status), style),
        Text(duration(step.seconds(now)), "dim"),
        Text(detail(step), no_wrap=True, overflow="ellipsis"),
    )


def detail(step: StepView) -> str:
    """The few words beside a step: why it failed, or its key numbers."""
    text = step.failure if step.status is Status.FAILED and step.failure else step.detail
    return shortened(harmless(text), 160)


class LiveTable:
    """Redraws itself, so that the elapsed times run; vanishes at the end, the summary takes its place.

    The terminal's size is looked at each time: that is how it follows a resize, with no signal to catch.
    """

    def __init__(self, console: Console, clock: Clock) -> None:
        self._clock = clock
        self._painter = Painter(console)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_painting, name="live-table", daemon=True)
        self._view: ExecutionView | None = None
        self._notice = ""

    def __enter__(self) -> LiveTable:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()
        self._painter.clear()

    def show(self, view: ExecutionView) -> None:
        self._view = view
        self._paint()

    def notice(self, text: str) -> None:
        self._notice = text
        self._paint()

    def _keep_painting(self) -> None:
        while not self._closed.wait(1 / _FRAMES):
            try:
                self._paint()
            except OSError:
                return  # the terminal is gone: the next thing that is said meets the same error

    def _paint(self) -> None:
        with self._lock:
            self._painter.paint(self._render)

    def _render(self, room: int = _ROOM) -> Table | Text:
        if self._view is None:
            return Text()
        now = self._clock()
        view, left_out = fitted(self._view, room - 2)
        table = Table.grid()
        table.add_row(heading(view, now))
        table.add_row(steps_table(view, now, _frame(now)))
        if left_out:
            table.add_row(Text(f"    and {count(left_out, 'more step')}", "dim"))
        if self._notice:
            table.add_row(Text(self._notice, "yellow", no_wrap=True, overflow="ellipsis"))
        return table


def fitted(view: ExecutionView, room: int) -> tuple[ExecutionView, int]:
    """The execution with the steps that matter most in so many lines, and how many were left out."""
    if len(view.steps) <= room:
        return view, 0
    room = max(1, room - 1)
    kept = sorted(range(len(view.steps)), key=lambda place: _importance(view.steps[place]))[:room]
    steps = tuple(view.steps[place] for place in sorted(kept))
    return replace(view, steps=steps), len(view.steps) - room


def _importance(step: StepView) -> tuple[int, float]:
    """What runs first, then failures, then what ended last, then what waits."""
    if step.status in (Status.WAITING, Status.NOT_RUN):
        return 3, 0.0
    if not step.status.is_finished():
        return 0, 0.0
    ended = step.ended.timestamp() if step.ended else 0.0
    return (1 if step.status is Status.FAILED else 2), -ended


def _frame(now: datetime) -> str:
    """The spinner at this moment."""
    return _SPINNER[int(now.timestamp() * _FRAMES) % len(_SPINNER)]


def heading(view: ExecutionView, now: datetime) -> Text:
    """`house-price  Executing  12.3 s`."""
    _, style = MARKS[view.status]
    return Text.assemble(
        (view.pipeline, "bold"), "  ", (str(view.status), style), "  ", duration(view.seconds(now))
    )


class Lines:
    """Time since the start, step, status: a line whenever a status changes."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._last: dict[str, tuple[Status, int]] = {}

    def show(self, view: ExecutionView) -> None:
        width = max((len(step.name) for step in view.steps), default=0)
        now = self._clock()
        for step in view.steps:
            now_is = (step.status, step.attempts)
            if step.started is None or self._last.get(step.name) == now_is:
                continue
            self._last[step.name] = now_is
            self._print(view, step, width, now)

    def notice(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _print(self, view: ExecutionView, step: StepView, width: int, now: datetime) -> None:
        when = duration(view.seconds(now))
        took = duration(step.seconds(now)) if step.status.is_finished() else ""
        words = detail(step) if step.status.is_finished() else ""
        line = f"{when:>12}  {step.name:<{width}}  {step.status:<10}{took:>12}  {words}".rstrip()
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)
