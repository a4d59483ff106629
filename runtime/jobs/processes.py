"""Runs job processes through the fork server, a limited number at a time."""

from __future__ import annotations

import itertools
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from runtime.jobs.job_server import Child, JobProcess, JobServer, Link
from runtime.owner import OWNER
from runtime.stop import StopSignal

# The service's pause between SIGTERM and SIGKILL.
_GRACE_SECONDS = 120.0
_GRACE_AT_CLOSE = 3.0
# The same for hosts of a job that fails: often they wait for the failed one and could not end by themselves.
_GRACE_OF_PEERS = 5.0


@dataclass(frozen=True)
class ProcessEnd:
    """How a job process ended; a negative exit code is the number of a signal.

    Of several that ran together it is the end of the one that failed first, else of the first; `place` says which.
    """

    exit_code: int
    stopped: bool = False
    timed_out: bool = False
    server_died: bool = False
    place: int = 0


class Processes:
    """The fork server (started when first needed) and the limit on what runs at once, shared fairly between owners."""

    def __init__(self, preload: Sequence[str], limit: int, threads: int) -> None:
        self._preload = list(preload)
        self._threads = threads
        self._slots = _Slots(limit)
        self._lock = threading.Lock()
        self._server: JobServer | None = None
        # Notified when a process ends, when one is asked to stop, and when all shall hurry.
        self._changed = threading.Condition()
        self._closing = False

    def warm(self) -> None:
        """Start the fork server now, so that the first job need not wait for its imports."""
        self._running_server()

    def run(
        self,
        process: JobProcess,
        stop: StopSignal,
        seconds: float | None = None,
        peers: Sequence[JobProcess] = (),
    ) -> ProcessEnd:
        """Run one process to its end; SIGTERM then SIGKILL when `stop` is requested or `seconds` are over.

        Its peers run side by side with it; one that fails ends all. They take one place together: jobs that each
        held some of the places they need could wait for ever.
        """
        with self._slots.taken(stop, OWNER.get()) as admitted:
            server = self._running_server() if admitted else None
            if server is None:
                return ProcessEnd(-signal.SIGTERM, stopped=True)
            link = (process.nest.link(server) if process.nest else None) or server
            return self._watch(link, link.start([process, *peers]), stop, seconds)

    def close(self) -> None:
        """Kill what still runs and end the fork server. Idempotent."""
        self.hurry()
        with self._lock:
            server, self._server = self._server, None
        if server:
            server.close()

    def hurry(self) -> None:
        """Start nothing from now on, and give stopped processes seconds instead of minutes until SIGKILL."""
        with self._lock:
            self._closing = True
        self._notify()

    def _watch(
        self, link: Link, children: Sequence[Child], stop: StopSignal, seconds: float | None
    ) -> ProcessEnd:
        def ended() -> bool:
            return all(child.ended for child in children)

        def settled() -> bool:
            return ended() or any(child.failed for child in children)

        stop.on_request(self._notify)
        self._wait(lambda: settled() or stop.requested, seconds)
        timed_out = not (settled() or stop.requested)
        if not ended():
            grace = _GRACE_OF_PEERS if settled() else _GRACE_SECONDS
            link.signal(children, signal.SIGTERM)
            self._wait(lambda: ended() or self._closing, grace)
            self._wait(ended, _GRACE_AT_CLOSE if self._closing else 0)
        if not ended():
            link.signal(children, signal.SIGKILL)
            self._wait(ended)
        return _end_of(children, stopped=stop.requested, timed_out=timed_out)

    def _wait(self, condition: Callable[[], bool], seconds: float | None = None) -> None:
        with self._changed:
            self._changed.wait_for(condition, seconds)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _running_server(self) -> JobServer | None:
        """The fork server, a new one if it died; None once everything is being closed."""
        with self._lock:
            if self._closing:
                return None
            if self._server is not None and not self._server.alive:
                self._server.close()
                self._server = None
            if self._server is None:
                self._server = JobServer(self._preload, self._threads, self._notify)
            return self._server


class _Slots:
    """A semaphore whose waiters can be stopped. A free slot goes to the owner with the fewest; among equals it goes round."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        # Owner -> its tickets, first come first.
        self._waiting: dict[str, deque[object]] = {}
        self._running: Counter[str] = Counter()
        # Owner -> the number of its latest turn.
        self._served: dict[str, int] = {}
        self._turns = itertools.count(1)
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, stop: StopSignal, owner: str) -> Iterator[bool]:
        """Hold a slot; False when stop was requested before there was one."""
        ticket = object()
        stop.on_request(self._wake)
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(ticket)
            self._changed.wait_for(lambda: stop.requested or self._turn(owner, ticket))
            admitted = not stop.requested
            self._leave_queue(owner, ticket, served=admitted)
            self._changed.notify_all()
        try:
            yield admitted
        finally:
            with self._changed:
                self._release(owner, admitted)
                self._changed.notify_all()

    def _turn(self, owner: str, ticket: object) -> bool:
        if not self._free or self._waiting[owner][0] is not ticket:
            return False
        return owner == min(
            self._waiting, key=lambda one: (self._running[one], self._served.get(one, 0))
        )

    def _leave_queue(self, owner: str, ticket: object, *, served: bool) -> None:
        tickets = self._waiting[owner]
        tickets.remove(ticket)
        if served:
            self._free -= 1
            self._running[owner] += 1
            self._served[owner] = next(self._turns)
        if not tickets:
            del self._waiting[owner]

    def _release(self, owner: str, admitted: bool) -> None:
        if admitted:
            self._free += 1
            self._running[owner] -= 1
            self._running += Counter()  # forgets owners without any
        if not self._waiting and not self._running:
            self._served.clear()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _end_of(children: Sequence[Child], *, stopped: bool, timed_out: bool) -> ProcessEnd:
    failed = [place for place, child in enumerate(children) if child.failed]
    # What was told to end did not fail, and the job speaks with the voice of its first host.
    blamed = failed and not (stopped or timed_out)
    place = min(failed, key=lambda one: children[one].turn) if blamed else 0
    lost = any(child.lost for child in children)
    return ProcessEnd(children[place].exit_code, stopped, timed_out, lost, place)
