"""A network that the hosts of one job have to themselves, with nothing but a loopback interface (Linux).

XGBoost's collective listens on all interfaces of the machine: here, those are one that nobody else can reach.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from runtime.jobs import namespace

_SIOCSIFFLAGS = 0x8914
_IFF_UP, _IFF_RUNNING = 0x1, 0x40


@dataclass(frozen=True)
class Network:
    """Open files that stand for its namespaces, in the order in which a process enters them."""

    files: tuple[int, ...]

    def enter(self) -> None:
        """Make it this process's network. Call in a single-threaded process. Raises NamespaceRefused."""
        for file in self.files:
            namespace.join(file)

    def close(self) -> None:
        """Forget it; it lasts as long as a process is in it."""
        for file in self.files:
            os.close(file)


def create() -> Network | None:
    """A new network; None where the system does not allow it. Call in a single-threaded process."""
    ready, ready_end = os.pipe()
    finish, finish_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(finish_end)
        try:
            namespace.leave_network()
            _raise_loopback()
            os.write(ready_end, b"!")
            os.read(finish, 1)
        finally:
            os._exit(0)
    for end in (ready_end, finish):
        os.close(end)
    try:
        return Network(_namespaces(child)) if os.read(ready, 1) else None
    finally:
        os.close(ready)
        os.close(finish_end)
        os.waitpid(child, 0)


def _namespaces(process: int) -> tuple[int, ...]:
    """Its network namespace and, if it is not in ours, the user namespace that owns that."""
    theirs = Path(f"/proc/{process}/ns")
    shared = (theirs / "user").samefile("/proc/self/ns/user")
    kinds = ("net",) if shared else ("user", "net")
    return tuple(os.open(theirs / kind, os.O_RDONLY) for kind in kinds)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", _IFF_UP | _IFF_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)
