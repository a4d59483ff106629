"""The one SQLite file of a state directory: schema, migrations, and how threads share it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.storage._base import StorageError
from runtime.storage.full import no_space

# Entry n takes the schema from version n to n + 1. Never edit one that was released: add another.
MIGRATIONS = (
    """
    CREATE TABLE records (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL,
        UNIQUE (kind, key)
    );
    CREATE TABLE buckets (name TEXT PRIMARY KEY, created REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE objects (
        bucket TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL, etag TEXT NOT NULL, modified REAL NOT NULL,
        content_type TEXT NOT NULL, metadata TEXT NOT NULL,
        PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID;
    CREATE TABLE journal (
        path TEXT PRIMARY KEY, staged TEXT, entry TEXT
    ) WITHOUT ROWID;
    """,
)


class StateUnreadable(StorageError):
    """The state file is damaged, from a newer version, or its directory cannot be written."""


class Database:
    """One connection that writes and one that reads, each behind a lock: readers never wait for a writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unreadable(path, error) from error
        with _readable(path):
            self._writer = _connect(path)
            _migrate(self._writer, path)
            self._reader = _connect(path)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, rolled back when the block or the commit raises."""
        with self._write_lock, _readable(self.path), no_space(self.path):
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:  # a full disk may have ended it already
                    self._writer.execute("ROLLBACK")

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """All rows of a SELECT over what is committed."""
        with self._read_lock, _readable(self.path):
            return self._reader.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raise StateUnreadable for what SQLite says of a damaged or unreachable file, also when it notices late."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a constraint: the caller's business
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StateUnreadable:
    return StateUnreadable(
        f"the state file {path} cannot be used: {error}; "
        "check that its directory is writable, or choose another directory"
    )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL keeps every commit when the process is killed, and the file sound when the power fails.
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StateUnreadable(
            f"the state file {path} has schema version {version}, this runtime knows up to "
            f"{len(MIGRATIONS)}; use the newer runtime, or choose another directory"
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
