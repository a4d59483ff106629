"""The threads of the jobs that run in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runtime.owner import OWNER
from runtime.stop import StopSignal

Work = Callable[[StopSignal], None]


class RunningJobs:
    """Start, stop and wait for jobs by kind and name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, str], tuple[threading.Thread, StopSignal]] = {}

    def start(self, kind: str, name: str, work: Work) -> None:
        """Run `work` in a thread of its own, for the owner that this thread works for; else the job is its own."""
        stop = StopSignal()
        owner = OWNER.get() or f"{kind}/{name}"

        def run() -> None:
            OWNER.set(owner)
            try:
                work(stop)
            finally:
                with self._lock:
                    self._jobs.pop((kind, name), None)

        thread = threading.Thread(target=run, name=f"{kind}-{name}", daemon=True)
        with self._lock:
            self._jobs[kind, name] = thread, stop
            # Inside the lock: nobody may find a thread that cannot be waited for yet.
            thread.start()

    def stop(self, kind: str, name: str) -> None:
        """Ask a job to stop; nothing when it has ended."""
        job = self._find(kind, name)
        if job:
            job[1].request()

    def wait(self, kind: str, name: str) -> None:
        """Return when the job has ended and its record says so."""
        job = self._find(kind, name)
        if job:
            job[0].join()

    def close(self) -> None:
        """Stop every job and wait for the ends, also of jobs that a stopping one still starts."""
        while True:
            with self._lock:
                jobs = list(self._jobs.values())
            if not jobs:
                return
            for _, stop in jobs:
                stop.request()
            for thread, _ in jobs:
                thread.join()

    def _find(self, kind: str, name: str) -> tuple[threading.Thread, StopSignal] | None:
        with self._lock:
            return self._jobs.get((kind, name))
