"""Ctrl-C while waiting: the first is a request, the second leaves at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interrupts:
    """Holds back the first SIGINT for as long as the block lasts, so that no call is cut in half."""

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
