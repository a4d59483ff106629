"""A warm process that forks one child per job: `python -m runtime.jobs.forkserver FD`.

It talks JSON lines over the socket FD. In: {"preload": [modules]}, {"job": id, "start": {...}},
{"job": id, "signal": number}. Out: {"ready": modules}, {"job": id, "exit": code} (negative: a signal).
A start may carry a socket: the child gets its number as last argument, and serves on it in turn (nest.py).
When the socket closes, every job is killed and the process ends: nothing outlives the runtime.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from runtime.jobs import namespace, network

_CHUNK = 65536


def main() -> None:
    server = Server(socket.socket(fileno=int(sys.argv[1])))
    job = server.serve()
    # Only a forked child comes back with a job.
    if job is not None:
        leave_process(run(job))


class Server:
    def __init__(self, parent: socket.socket) -> None:
        self._parent = parent
        self._buffer = b""
        # What to do when something can be read.
        self.selector = selectors.DefaultSelector()
        self.jobs: dict[int, str] = {}
        # Children without a job.
        self.waiting: set[int] = set()
        # Descriptors that came with starts which are not handled yet.
        self._passed: list[int] = []
        # The network of the latest job that has one, by the name it was asked for.
        self._network: tuple[str, network.Network | None] = ("", None)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)
        self._wake_reader.setblocking(False)

    def serve(self) -> dict[str, Any] | None:
        """Handle messages until the parent is gone (None); in a forked child, return its job."""
        namespace.adopt_orphans()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        self.selector.register(self._parent, selectors.EVENT_READ, self._handle_all)
        self.selector.register(self._wake_reader, selectors.EVENT_READ, self.reap)
        while self._parent.fileno() >= 0:
            for key, _ in self.selector.select():
                job: dict[str, Any] | None = key.data()
                if job is not None:
                    return job
        self._kill_all()
        return None

    def _handle_all(self) -> dict[str, Any] | None:
        """Handle what arrived; in a child that was just forked, return its job."""
        for message in self._receive():
            job = self.handle(message)
            if job is not None:
                return job
        return None

    def _receive(self) -> list[dict[str, Any]]:
        """Whole messages that arrived; an empty list and a closed socket when the parent is gone."""
        try:
            data, passed, _, _ = socket.recv_fds(self._parent, _CHUNK, 1)
            self._passed.extend(passed)
        except OSError:
            data = b""
        if not data:
            self._parent.close()
            return []
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def handle(self, message: dict[str, Any]) -> dict[str, Any] | None:
        if "preload" in message:
            self.prepare(message["preload"])
        elif "start" in message:
            return self.fork(message["job"], message["start"])
        elif "signal" in message:
            for pid in [pid for pid, job in self.jobs.items() if job == message["job"]]:
                self.send_signal(pid, message["signal"])
        return None

    def send_signal(self, pid: int, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def prepare(self, modules: list[str]) -> None:
        self._send({"ready": [name for name in modules if _imports(name)]})
        # Children then share what was loaded instead of copying it when they collect garbage.
        gc.collect()
        gc.freeze()

    def fork(self, name: str, job: dict[str, Any]) -> dict[str, Any] | None:
        """Start a job; in its process, return it."""
        # Decided once, before the first fork, in a process that has one thread.
        job["private"] = job["private"] and namespace.available()
        # Data without a socket may have arrived together with data that has one.
        passed = [self._passed.pop(0)] if job["socket"] else []
        if job["network"]:
            self._open_network(job["network"])
        pid = os.fork()
        if pid:
            self.jobs[pid] = name
            for descriptor in passed:
                os.close(descriptor)
            return None
        for descriptor in self._passed:
            os.close(descriptor)
        job["arguments"] += passed
        self.leave()
        if job["network"] and self._network[1]:
            self._network[1].enter()
        return job

    def leave(self) -> None:
        """Forget, in a child that was just forked, that this process was a server."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        for end in (self._parent, self._wake_reader, self._wake_writer):
            end.close()

    def _open_network(self, name: str) -> None:
        """Have the network of this name: the hosts of a job come one right after the other and share it."""
        current, opened = self._network
        if name == current:
            return
        if opened:
            opened.close()
        self._network = name, network.create()

    def reap(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_reader.recv(_CHUNK):
                pass
        for pid in [*self.jobs, *self.waiting]:
            # Looked at but left as a zombie: its number stays taken while its group is killed.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            self._kill_group(pid)
            status = os.waitpid(pid, 0)[1]
            self._kill_orphans()
            self.forget(pid)
            self.end_job(pid, os.waitstatus_to_exitcode(status))

    def forget(self, pid: int) -> None:
        """A child has ended."""
        self.waiting.discard(pid)

    def end_job(self, pid: int, code: int) -> None:
        """Tell how the job of a child has ended, if it had one."""
        if pid in self.jobs:
            self._send({"job": self.jobs.pop(pid), "exit": code})

    def _kill_all(self) -> None:
        for pid in self.jobs:
            self._kill_group(pid)
            # A child that was just forked has no group of its own yet.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in list(self.jobs):
            os.waitpid(pid, 0)
            del self.jobs[pid]
        self.waiting.clear()
        self._kill_orphans()

    def _kill_orphans(self) -> None:
        """End what left the group of its job: a job adopts its orphans, and this process those of an ended job."""
        while orphans := [pid for pid in _children() if pid not in self.jobs.keys() | self.waiting]:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _kill_group(self, pid: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def _send(self, message: dict[str, Any]) -> None:
        with suppress(OSError):
            self._parent.sendall(json.dumps(message).encode() + b"\n")


def _imports(name: str) -> bool:
    """Whether a module can be imported; a job that needs a missing one says so itself."""
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _children() -> list[int]:
    """Process ids of this process's children, zombies included; elsewhere than on Linux, none."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []


def run(job: dict[str, Any]) -> int:
    """Turn this fresh child into the job's process and run its target; the exit code."""
    detach()
    return perform(job)


def detach() -> None:
    """Make this fresh child the leader of a group, and of what it starts, that ends with the server."""
    os.setsid()
    namespace.die_with_parent(signal.SIGKILL)
    namespace.adopt_orphans()


def perform(job: dict[str, Any]) -> int:
    """Run the target of a job with the job's output and environment; the exit code."""
    redirect(job["log"])
    try:
        if job["private"]:
            namespace.enter(Path(job["root"]), job["addresses"])
        os.environ.clear()
        os.environ.update(job["environment"])
        module, _, function = job["target"].partition(":")
        target: Callable[..., int] = getattr(importlib.import_module(module), function)
        return target(job["root"], bool(job["private"]), *job["arguments"])
    except Exception:  # noqa: BLE001 - it goes to the job's log, and the exit code tells
        traceback.print_exc()
        return 1
    finally:
        _flush()


def leave_process(code: int) -> NoReturn:
    """End as an interpreter does, the script's threads and exit handlers included, but without its clean-up.

    Taking a thousand imported modules apart would cost a third of a second per job.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    _flush()
    os._exit(code & 0xFF)


def redirect(log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(output)
    os.close(nothing)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    # What C libraries printed sits in C's own buffer.
    ctypes.CDLL(None).fflush(None)


if __name__ == "__main__":
    main()
