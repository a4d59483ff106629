"""How long the stages of a job took, for the last line of its log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """`started` is a Unix time; `spent` has the milliseconds of each run of a stage."""

    def __init__(self) -> None:
        self.started = time.time()
        self.spent: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent.setdefault(name, []).append(1000 * (time.perf_counter() - began))
