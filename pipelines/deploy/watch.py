"""Wait for an execution to finish, showing how it goes; Ctrl-C asks the service to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from pipelines.deploy.errors import ServiceError, Throttled
from pipelines.deploy.execution import ExecutionView
from pipelines.deploy.interrupts import Interrupts

# Seconds between two looks. The local runtime answers in a millisecond; AWS counts calls.
LOCAL, REMOTE, SLOWEST = 0.2, 4.0, 60.0


class Display(Protocol):
    def show(self, view: ExecutionView) -> None:
        """Show the execution as it is now."""

    def notice(self, text: str) -> None:
        """Say something besides."""


class Watched(Protocol):
    def look(self) -> ExecutionView:
        """The execution now. Raises ServiceError."""

    def stop(self) -> None:
        """Ask for it to stop. Raises ServiceError."""


def watch(execution: Watched, display: Display, interval: float) -> ExecutionView:
    """Look every `interval` seconds until it is finished; a second Ctrl-C raises KeyboardInterrupt."""
    with Interrupts() as interrupts:
        return _watch(execution, display, interval, interrupts.wait)


def _watch(
    execution: Watched, display: Display, interval: float, wait: Callable[[float], bool]
) -> ExecutionView:
    pause = interval
    while True:
        try:
            view = execution.look()
        except Throttled:
            pause = min(2 * pause, SLOWEST)
        else:
            pause = interval
            display.show(view)
            if view.status.is_finished():
                return view
        if wait(pause):
            display.notice("Stopping the execution; press Ctrl-C again to leave at once.")
            _stop(execution)
            wait = _asleep


def _stop(execution: Watched) -> None:
    try:
        execution.stop()
    except ServiceError:
        # It may have finished in the meantime; then there is nothing left to stop.
        if not execution.look().status.is_finished():
            raise


def _asleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
