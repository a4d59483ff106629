"""The runtime's side of the processes that fork jobs: what is asked of them and what they report."""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import runtime

logger = logging.getLogger(__name__)
# Where `runtime` and `pipelines` are imported from: the server is started with nothing else of ours.
_SOURCE = Path(runtime.__file__).parents[1]
# What each arithmetic library reads to know how many threads it may use.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class JobProcess:
    """`target` is `module:function`, called as function(root, private, *arguments) -> exit code.

    `private` asks for a mount namespace in which `root` is /opt/ml; the target is told whether it got one. There,
    the names in `addresses` are known under their IP addresses. `nest` is the process that has the job's data in
    memory already. `offline` asks for a network without the machine's interfaces, shared with the processes that run
    together with this one.
    """

    root: Path
    log: Path
    target: str
    arguments: Sequence[Any] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    nest: Nest | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON, for the process that forks it."""
        return {
            "root": str(self.root),
            "log": str(self.log),
            "target": self.target,
            "arguments": list(self.arguments),
            "environment": dict(self.environment),
            "private": self.private,
            "addresses": dict(self.addresses),
        }


class Child:
    """One job process; a negative exit code is the number of a signal, `lost` means that nobody knows how it ended.

    `turn` tells which of several ended first.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.ended = False
        self.exit_code = -signal.SIGKILL
        self.lost = False
        self.turn = 0

    @property
    def failed(self) -> bool:
        return self.ended and self.exit_code != 0


class Link:
    """The connection to one process that forks jobs, and the thread that reads what it reports.

    `notify` is called at each end.
    """

    def __init__(self, connection: socket.socket, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._socket = connection
        self._send_lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._turns = itertools.count(1)
        self._children: dict[str, Child] = {}
        # Set when it said that it is ready, and when it is gone.
        self._heard = threading.Event()
        self.alive = True
        self._reader = threading.Thread(target=self._read, name="job-processes", daemon=True)
        self._reader.start()

    def start(
        self, processes: Sequence[JobProcess], *, passed: socket.socket | None = None
    ) -> list[Child]:
        """Fork processes that belong together; `passed` is a socket whose number they get as their last argument.

        They are asked for at once: others in between would part those that share a network.
        """
        with self._send_lock:
            children = [Child(f"{next(self._numbers)}") for _ in processes]
            self._children.update({child.name: child for child in children})
        group = children[0].name
        messages = [
            {
                "job": child.name,
                "start": {
                    **process.document(),
                    "socket": passed is not None,
                    "network": group if process.offline else "",
                },
            }
            for child, process in zip(children, processes, strict=True)
        ]
        self._send(messages, passed)
        return children

    def signal(self, children: Sequence[Child], number: int) -> None:
        """Send a signal to those that have not ended, in their order."""
        for child in children:
            if not child.ended:
                self._send([{"job": child.name, "signal": int(number)}])

    def is_ready(self) -> bool:
        """Wait until the process has loaded what it should; False when it ended before."""
        self._heard.wait()
        return self.alive

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        stream: IO[bytes]
        with self._socket.makefile("rb") as stream:
            for line in _lines(stream):
                message = json.loads(line)
                if "ready" in message:
                    self._heard.set()
                if "exit" in message:
                    with self._send_lock:
                        child = self._children.pop(message["job"])
                    child.exit_code, child.turn = message["exit"], next(self._turns)
                    child.ended = True
                    self._notify()
        self.alive = False
        self._heard.set()
        self._lose_children()

    def _lose_children(self) -> None:
        with self._send_lock:
            lost, self._children = list(self._children.values()), {}
        for child in lost:
            child.lost = child.ended = True
        self._notify()

    def _send(
        self, messages: Sequence[Mapping[str, Any]], passed: socket.socket | None = None
    ) -> None:
        text = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
        try:
            with self._send_lock:
                sent = socket.send_fds(self._socket, [text], [passed.fileno()]) if passed else 0
                self._socket.sendall(text[sent:])
        except OSError:
            # The reader sees the same end and tells every waiting job.
            logger.warning("a process that forks jobs is gone")
        if not self.alive:
            self._lose_children()


class JobServer(Link):
    """The fork server that every job comes from: a process of its own, with the modules of `preload` imported."""

    def __init__(self, preload: list[str], threads: int, notify: Callable[[], None]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "runtime.jobs.forkserver", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_server_environment(threads),
                cwd=_SOURCE,
                stdin=subprocess.DEVNULL,
                # Ctrl-C in a terminal goes to a whole session; the jobs are the runtime's to stop.
                start_new_session=True,
            )
        super().__init__(ours, notify)
        self._send([{"preload": preload}])

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        super().close()

    def nest(self, loader: JobProcess) -> Link:
        """Fork a process that runs `loader` and then forks jobs itself, each with what was loaded."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.start([loader], passed=theirs)
        return Link(ours, self._notify)


class Nest:
    """A process between the fork server and its jobs that loads their common data once, when the first one needs it.

    When the data cannot be loaded there is none: the jobs then load it themselves, and say what is wrong with it.
    """

    def __init__(self, loader: JobProcess) -> None:
        self._loader = loader
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._useless = False

    def link(self, server: JobServer) -> Link | None:
        """Where to start jobs; None when the data could not be loaded."""
        with self._lock:
            if self._link is not None and not self._link.alive:
                self._link.close()
                self._link = None
            if self._link is None and not self._useless:
                self._link = server.nest(self._loader)
                self._useless = not self._link.is_ready()
            return None if self._useless else self._link

    def close(self) -> None:
        """End the process and what it forked. Idempotent."""
        with self._lock:
            self._useless = True
            if self._link is not None:
                self._link.close()
                self._link = None


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    with suppress(OSError):
        yield from stream


def _server_environment(threads: int) -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    return {**kept, **limits, "PYTHONPATH": str(_SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
