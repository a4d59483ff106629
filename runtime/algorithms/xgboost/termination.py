"""What a job does when the service stops it (SIGTERM)."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def exit_cleanly(wanted: bool) -> Iterator[None]:
    """A stopped job that keeps its latest model ends as a success. Signals belong to the main thread."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
