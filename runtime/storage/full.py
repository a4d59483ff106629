"""Tells a full disk from a bug."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.storage._base import StorageFull

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# SQLite says "I/O error" where a quota or a limit, not the disk itself, ends a write.
_SQLITE_NO_SPACE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


@contextmanager
def no_space(path: Path) -> Iterator[None]:
    """Raise StorageFull for what a write below `path` raises when nothing more fits."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, OSError):
            full, reason = error.errno in _NO_SPACE, error.strerror
        else:
            full, reason = error.sqlite_errorcode in _SQLITE_NO_SPACE, str(error)
        if not full:
            raise
        raise StorageFull(
            f"{path} cannot be written: {reason}; free some space on its disk"
        ) from error
