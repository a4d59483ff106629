"""The process that holds what the training jobs of one tuning job have in common, and forks them.

The data is read once and never copied: a forked process sees the same memory, and does one job after the other.
"""

from __future__ import annotations

import gc
import io
import json
import os
import selectors
import socket
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from threadpoolctl import threadpool_limits

from runtime.images._base import AlgorithmFailure
from runtime.jobs import forkserver
from runtime.jobs.work import load_image

T = TypeVar("T")
_DONE = b"\n"
# What was loaded and what was printed meanwhile; in a job that was forked from a nest, else None.
_kept: tuple[Any, str] | None = None


def serve(root: str, private: bool, image: str, descriptor: int) -> int:
    """Load the data below `root` as the image family does, then fork jobs until the runtime closes the socket."""
    try:
        # A process that has run threads of an arithmetic library cannot fork others that do.
        with threadpool_limits(1):
            load_image(image).load_data(Path(root))
    except AlgorithmFailure:
        traceback.print_exc()
        return 1
    _Server(socket.socket(fileno=descriptor)).serve()
    return 0


class _Server(forkserver.Server):
    """Gives a job to a process that has done one well; forks one when there is none.

    A process copies the memory that it writes to, page by page, when it first does: twenty milliseconds of every job
    that starts with a fresh one. One that failed or was sent a signal gets no other job.
    """

    def __init__(self, parent: socket.socket) -> None:
        super().__init__(parent)
        # To the children that may get another job, by process id.
        self._links: dict[int, socket.socket] = {}

    def serve(self) -> dict[str, Any] | None:
        self.prepare([])
        return super().serve()

    def fork(self, name: str, job: dict[str, Any]) -> dict[str, Any] | None:
        self.reap()
        free = [pid for pid in self.waiting if pid in self._links]
        pid = free[0] if free else self._fork_worker()
        self.waiting.discard(pid)
        self.jobs[pid] = name
        with suppress(OSError):  # it was killed just now: that is how the job ends
            self._links[pid].sendall(json.dumps(job).encode() + b"\n")
        return None

    def send_signal(self, pid: int, number: int) -> None:
        # It may be done and not have been heard: nobody knows how much of a next job it would live to see.
        self._unlink(pid)
        super().send_signal(pid, number)

    def forget(self, pid: int) -> None:
        super().forget(pid)
        self._unlink(pid)

    def leave(self) -> None:
        super().leave()
        for link in self._links.values():
            link.close()

    def _fork_worker(self) -> int:
        """Fork a process that does jobs until one fails; its process id."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self.leave()
            forkserver.detach()
            forkserver.leave_process(_do_jobs(theirs))
        theirs.close()
        self._links[pid] = ours
        self.selector.register(ours, selectors.EVENT_READ, partial(self._hear_of, pid))
        return pid

    def _hear_of(self, pid: int) -> None:
        """A child has done its job, or is gone: then it is reaped."""
        if pid not in self._links:
            return
        try:
            done = self._links[pid].recv(1)
        except ConnectionResetError:  # killed before it has read its job
            done = b""
        if not done:
            self._unlink(pid)
            return
        self.end_job(pid, 0)
        self.waiting.add(pid)

    def _unlink(self, pid: int) -> None:
        """Give this child no other job: it ends after the one it has."""
        if link := self._links.pop(pid, None):
            self.selector.unregister(link)
            link.close()


def _do_jobs(link: socket.socket) -> int:
    """Do one job after the other, with a byte for each that ends well; the exit code of the one that does not."""
    with link, link.makefile("rb") as jobs:
        while job := _next(jobs):
            # Both put back what the job changes; warnings that are shown once are shown once a job.
            with redirect_stdout(sys.stdout), warnings.catch_warnings():
                code = forkserver.perform(json.loads(job))
            if code:
                return code
            # What is printed from here on belongs to no job.
            forkserver.redirect(os.devnull)
            with suppress(OSError):  # nobody has another one
                link.sendall(_DONE)
            # Models hold memory in circles.
            gc.collect()
    return 0


def _next(jobs: IO[bytes]) -> bytes:
    """The next line; nothing when the nest wants no more, heard of the last job or not."""
    try:
        return jobs.readline()
    except OSError:
        return b""


def keep(load: Callable[[], T]) -> T:
    """Load once, for all jobs that this process is going to fork; what was loaded."""
    global _kept
    printed = io.StringIO()
    with redirect_stdout(printed):
        value = load()
    _kept = value, printed.getvalue()
    return value


def kept_or(load: Callable[[], T]) -> T:
    """What the nest has loaded, printing what it printed; without a nest, load it now."""
    if _kept is None:
        return load()
    value: T = _kept[0]
    print(_kept[1], end="", flush=True)
    return value
