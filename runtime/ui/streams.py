"""Who follows pages at the moment: so many places, one for each window of a browser."""

from __future__ import annotations

import threading


class Place:
    """Held by one stream until it ends, or until its window follows another page."""

    def __init__(self, window: str) -> None:
        self.window = window
        self._left = threading.Event()

    @property
    def left(self) -> bool:
        return self._left.is_set()

    def leave(self) -> None:
        self._left.set()


class Places:
    """Each stream keeps a thread of the server, and a window that has gone is noticed late: its next page tells."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: list[Place] = []

    def take(self, window: str) -> Place | None:
        """A place; None when all are taken. A window without a name (empty) is one of its own."""
        with self._lock:
            for place in self._taken:
                if window and place.window == window:
                    place.leave()
            self._taken = [place for place in self._taken if not place.left]
            if len(self._taken) >= self._most:
                return None
            self._taken.append(Place(window))
            return self._taken[-1]
