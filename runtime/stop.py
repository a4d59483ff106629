"""How something that runs in another thread is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StopSignal:
    """Tells one running step or job to stop; a callback that is set late is called at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callback: Callable[[], None] | None = None
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep unless and until stop is requested; whether it was."""
        return self._event.wait(seconds)

    def request(self) -> None:
        with self._lock:
            self._event.set()
            callback, self._callback = self._callback, None
        if callback:
            callback()

    def on_request(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self.requested:
                self._callback = callback
                return
        callback()
