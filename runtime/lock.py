"""One writer per state directory: a lock file that names its owner."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_POLL = 0.05  # seconds between attempts; flock cannot wait with a limit


@dataclass(frozen=True)
class Owner:
    """Who holds the lock; `url` is where it serves, if it does."""

    pid: int
    command: str
    url: str | None = None

    def __str__(self) -> str:
        place = f", serving {self.url}" if self.url else ""
        return f"process {self.pid} ({self.command}){place}"


class DirectoryLocked(Exception):
    """Another process writes to the state directory."""


class DirectoryUnusable(Exception):
    """The state directory cannot be created or written."""


class DirectoryLock:
    """Held from `acquire` to `release`; the system releases it when the process dies, however it dies."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._file: int | None = None
        # A forked child must not keep its parent's lock alive.
        os.register_at_fork(after_in_child=self._forget)

    def acquire(self, *, wait: float = 0.0) -> None:
        """Take the lock, waiting at most `wait` seconds. Raises DirectoryLocked, DirectoryUnusable."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise DirectoryUnusable(
                f"the state directory {self._path.parent} cannot be written: {error.strerror}; "
                "choose another directory"
            ) from error
        deadline = time.monotonic() + wait
        while not _try(file, fcntl.LOCK_EX):
            # No holder: somebody only looked, or has left just now.
            holder = owner(self._path.parent)
            if holder is not None and time.monotonic() >= deadline:
                os.close(file)
                raise DirectoryLocked(
                    f"the state directory {self._path.parent} is in use by {holder}; "
                    "wait for it, stop it, or choose another directory"
                )
            time.sleep(_POLL)
        self._file = file
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Write down who holds the lock and where it serves."""
        if self._file is None:
            raise RuntimeError("the lock is not held")
        text = json.dumps(asdict(Owner(os.getpid(), _command(), url))).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)

    def release(self) -> None:
        """Give the lock up; a second call does nothing."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def _forget(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def owner(directory: Path) -> Owner | None:
    """Who writes to the directory now; None when nobody does."""
    try:
        file = os.open(directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _try(file, fcntl.LOCK_SH):
            return None
        with contextlib.suppress(ValueError, TypeError):
            return Owner(**json.loads(os.pread(file, 64 * 1024, 0)))
        return Owner(0, "just starting")
    finally:
        os.close(file)


def _try(file: int, mode: int) -> bool:
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]


def serving_url(directory: Path) -> str | None:
    """Where a runtime serves this directory now; None when none does."""
    found = owner(directory)
    return found.url if found else None
