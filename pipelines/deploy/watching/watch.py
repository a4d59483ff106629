"""Wait for an execution to finish, showing how it goes; Ctrl-C asks the service to stop it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Protocol

from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.watching.execution import ExecutionView

# Seconds between two looks. The local runtime answers in a millisecond; AWS counts calls.
LOCAL, REMOTE, SLOWEST = 0.2, 4.0, 60.0
# Looks in a row without an answer before giving up: minutes on AWS, where a network may come back.
_PATIENCE = 6


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


def watch(
    execution: Watched, display: Display, interval: float, wait: Callable[[float], bool]
) -> ExecutionView:
    """Look every `interval` seconds until it is finished; `wait` sleeps and says whether to stop it.

    Raises ServiceError when looking is refused, or when there is no answer for long.
    """
    gap, unanswered = interval, 0
    while True:
        try:
            view = execution.look()
        except (Throttled, NoAnswer) as error:
            unanswered = unanswered + 1 if isinstance(error, NoAnswer) else 0
            if unanswered == _PATIENCE:
                raise
            gap = min(2 * gap, SLOWEST)
        else:
            gap, unanswered = interval, 0
            display.show(view)
            if view.status.is_finished():
                return view
        if wait(gap):
            display.notice("Stopping the execution; press Ctrl-C again to leave at once.")
            _stop(execution)
            wait = pause


def _stop(execution: Watched) -> None:
    try:
        execution.stop()
    except ServiceError:
        # It may have finished in the meantime; then there is nothing left to stop.
        if not execution.look().status.is_finished():
            raise


def pause(seconds: float) -> bool:
    """Sleep; nothing cuts it short and nothing is to be stopped."""
    time.sleep(seconds)
    return False


class Interrupts:
    """Holds back the first SIGINT for as long as the block lasts, so that no call is cut in half.

    The first is a request, which `wait` answers; the second raises KeyboardInterrupt at once.
    """

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._before: object = None

    def __enter__(self) -> Interrupts:
        self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> bool:
        """Sleep, shorter when Ctrl-C was pressed; whether it was."""
        return self._pressed.wait(seconds)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._pressed.is_set():
            raise KeyboardInterrupt
        self._pressed.set()
