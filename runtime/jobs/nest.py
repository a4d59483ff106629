"""The process that holds what the training jobs of one tuning job have in common, and forks them.

The data is read once and never copied: a forked job sees the same memory.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from runtime.images._base import AlgorithmFailure
from runtime.jobs import forkserver, namespace
from runtime.jobs.work import load_image

T = TypeVar("T")
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
    job = _Server(socket.socket(fileno=descriptor)).serve()
    return forkserver.run(job) if job is not None else 0


class _Server(forkserver.Server):
    """Has the process of the next job forked already while jobs run: forking much memory takes milliseconds."""

    def serve(self) -> dict[str, Any] | None:
        self.prepare([])
        job = self._fork_ahead()
        return super().serve() if job is None else job

    def fork(self, name: str, job: dict[str, Any]) -> dict[str, Any] | None:
        pid, link = self._ahead
        self.waiting.discard(pid)
        self.jobs[pid] = name
        try:
            with link:
                link.sendall(json.dumps(job).encode())
        except OSError:  # it was killed while it waited: that is how the job ends
            self.reap()
        return self._fork_ahead()

    def _fork_ahead(self) -> dict[str, Any] | None:
        """Fork a process that waits for a job; in it, return the job."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            self.waiting.add(pid)
            self._ahead = pid, ours
            return None
        namespace.die_with_parent(signal.SIGKILL)
        self.leave()
        ours.close()
        with theirs, theirs.makefile("rb") as stream:
            text = stream.read()
        # Nothing comes when the server ends.
        return dict(json.loads(text)) if text else os._exit(0)


def keep(load: Callable[[], T]) -> T:
    """Load once, for all jobs that this process is going to fork; what was loaded."""
    global _kept
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
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
