"""A runtime on a port of this machine, and who else serves a directory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded import UNUSABLE
from runtime.lock import DirectoryLock, DirectoryLocked, owner
from runtime.runtime import Runtime
from runtime.server.app import application
from runtime.server.http import LOOPBACK, Port, PortUnavailable

# What opening a server may raise; the messages are for the user.
UNSERVABLE = (*UNUSABLE, PortUnavailable)
_PATIENCE = 10.0  # seconds for a process that has the directory open and does not serve it
_POLL = 0.05


@dataclass(frozen=True)
class Server:
    """`runtime` is None when another process serves the directory."""

    url: str
    runtime: Runtime | None = None


@contextmanager
def serve(directory: Path, *, host: str = LOOPBACK, port: int = 0) -> Iterator[Server]:
    """Serve a directory while the block lasts. Raises one of UNSERVABLE."""
    with ExitStack() as opened:
        lock = opened.enter_context(DirectoryLock(directory))
        lock.acquire()
        # Bound before the state is opened: a taken port must not resume executions first.
        bound = Port(host=host, port=port)
        opened.callback(bound.stop)
        runtime = Runtime(directory)
        opened.callback(runtime.close)
        opened.callback(bound.stop)  # first, so that no request meets a closed runtime
        runtime.endpoint = lambda: nullcontext(bound.url)
        bound.serve(application(runtime))
        lock.announce(bound.url)
        yield Server(bound.url, runtime)


@contextmanager
def find_or_serve(directory: Path) -> Iterator[Server]:
    """The server of a directory: the one that is there, or one for the length of the block. Raises one of UNSERVABLE."""
    with ExitStack() as opened:
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = owner(directory)
            if found and found.url:
                yield Server(found.url)
                return
            try:
                server = opened.enter_context(serve(directory))
            except DirectoryLocked:
                # Somebody just starts to serve, or one of our commands has the directory open for itself.
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_POLL)
                continue
            yield server
            return
