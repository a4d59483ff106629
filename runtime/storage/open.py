"""Opens a state directory: records and objects over one SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtime.storage._base import Objects, Records
from runtime.storage.database import Database
from runtime.storage.file_objects import FileObjects
from runtime.storage.sqlite_records import SqliteRecords


@dataclass(frozen=True)
class Storage:
    """Close `records` to close both."""

    records: Records
    objects: Objects


def open_storage(directory: Path) -> Storage:
    """Open or create the state of `directory`, finishing what a killed process left. Raises StateUnreadable."""
    database = Database(directory / "state.db")
    return Storage(SqliteRecords(database), FileObjects(directory, database))
