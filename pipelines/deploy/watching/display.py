"""How a running execution looks: a live table on a terminal, one line for each change elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipelines.deploy.text import duration, shortened
from pipelines.deploy.watching.execution import ExecutionView, Status, StepView
from pipelines.deploy.watching.watch import Display

Clock = Callable[[], datetime]

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


def steps_table(view: ExecutionView, now: datetime) -> Table:
    """One line a step: mark, name, status, time, what matters."""
    table = Table.grid(padding=(0, 2), pad_edge=False)
    for _ in ("mark", "name", "status"):
        table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    # The one column that may shrink on a narrow terminal; its texts stay in one line all the same.
    table.add_column()
    for step in view.steps:
        table.add_row(*_row(step, now))
    return table


def _row(step: StepView, now: datetime) -> tuple[str | Text, ...]:
    mark, style = MARKS[step.status]
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
    return shortened(text, 160)


class LiveTable:
    """Redraws itself, so that the elapsed times run; vanishes at the end, the summary takes its place."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._clock = clock
        self._view: ExecutionView | None = None
        self._notice = ""
        self._live = Live(
            console=console, get_renderable=self._render, transient=True, refresh_per_second=5
        )

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, view: ExecutionView) -> None:
        self._view = view

    def notice(self, text: str) -> None:
        self._notice = text

    def _render(self) -> Table | Text:
        if self._view is None:
            return Text()
        now = self._clock()
        table = Table.grid()
        table.add_row(heading(self._view, now))
        table.add_row(steps_table(self._view, now))
        if self._notice:
            table.add_row(Text(self._notice, "yellow"))
        return table


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
        self._last: dict[str, Status] = {}

    def show(self, view: ExecutionView) -> None:
        width = max((len(step.name) for step in view.steps), default=0)
        now = self._clock()
        for step in view.steps:
            if step.started is None or self._last.get(step.name) is step.status:
                continue
            self._last[step.name] = step.status
            self._print(view, step, width, now)

    def notice(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _print(self, view: ExecutionView, step: StepView, width: int, now: datetime) -> None:
        when = duration(view.seconds(now))
        took = duration(step.seconds(now)) if step.status.is_finished() else ""
        words = detail(step) if step.status.is_finished() else ""
        line = f"{when:>12}  {step.name:<{width}}  {step.status:<10}{took:>12}  {words}".rstrip()
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)
