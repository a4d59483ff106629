"""S3's buckets and objects as ordinary files below `<directory>/s3`, with an index in SQLite.

A write is staged in a temporary file, noted in the journal, renamed into place and indexed; a removal is
noted, unindexed and unlinked. What a killed process left in the journal is finished or undone at the next start,
so the index and the files always agree, and a file nobody indexed is never touched. What only failed (a full disk,
Ctrl-C) is settled by the next change in the same way.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from runtime.clock import now
from runtime.storage._base import (
    LAST,
    BucketMissing,
    BucketNotEmpty,
    ObjectMissing,
    Objects,
    StoredObject,
)
from runtime.storage.database import Database
from runtime.storage.full import no_space
from runtime.storage.paths import candidates, check_bucket
from runtime.storage.staging import Staged, stage

_STAGING = ".staging"
_COLUMNS = "bucket, key, path, size, etag, modified, content_type, metadata"
_SELECT = f"SELECT {_COLUMNS} FROM objects WHERE "  # noqa: S608
_INSERT = (
    f"INSERT OR REPLACE INTO objects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)
Row = tuple[Any, ...]
Rows = list[Row]  # inside the class `list` is S3's


class FileObjects(Objects):
    def __init__(self, directory: Path, database: Database) -> None:
        self._root = directory / "s3"
        self._staging = self._root / _STAGING
        self._database = database
        self._lock = threading.Lock()
        self._unsettled = True  # the journal may hold what a change left half done
        self._staging.mkdir(parents=True, exist_ok=True)
        self._recover()

    def create_bucket(self, bucket: str) -> None:
        check_bucket(bucket)
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO buckets (name, created) VALUES (?, ?)", (bucket, now())
            )

    def delete_bucket(self, bucket: str) -> None:
        with self._change():
            self._require(bucket)
            if self._rows("bucket = ? LIMIT 1", (bucket,)):
                raise BucketNotEmpty(f"the bucket '{bucket}' still holds objects")
            with self._database.write() as connection:
                connection.execute("DELETE FROM buckets WHERE name = ?", (bucket,))

    def buckets(self) -> dict[str, float]:
        return dict(self._database.rows("SELECT name, created FROM buckets ORDER BY name"))  # type: ignore[arg-type]

    def put(
        self,
        bucket: str,
        key: str,
        source: BinaryIO | Path,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        etag: str | None = None,
    ) -> StoredObject:
        self._require(bucket)
        with no_space(self._root):
            staged = stage(source, self._staging / uuid.uuid4().hex, digest=etag is None)
        try:
            with no_space(self._root), self._change():
                self._require(bucket)
                row = (
                    *(
                        bucket,
                        key,
                        self._place(bucket, key),
                        staged.size,
                        etag or staged.md5,
                        now(),
                    ),
                    *(content_type or "binary/octet-stream", json.dumps(dict(metadata or {}))),
                )
                self._install(staged, row)
        except BaseException:
            self._undo(staged)
            raise
        return self._object(row)

    def get(self, bucket: str, key: str) -> StoredObject:
        rows = self._rows("bucket = ? AND key = ?", (bucket, key))
        if not rows:
            self._require(bucket)
            raise ObjectMissing(f"there is no object s3://{bucket}/{key}")
        found = self._object(rows[0])
        if not found.path.is_file():
            raise ObjectMissing(f"the content of s3://{bucket}/{key} is gone: no file {found.path}")
        return found

    def open(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO]:
        with self._lock:
            self._settle()
            found = self.get(bucket, key)
            return found, found.path.open("rb")

    def list(
        self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None
    ) -> list[StoredObject]:
        self._require(bucket)
        condition = "bucket = ? AND key >= ? AND key < ? AND key <> ? ORDER BY key LIMIT ?"
        most = -1 if limit is None else limit
        values = (bucket, max(prefix, after), prefix + LAST, after, most)
        return [self._object(row) for row in self._rows(condition, values)]

    def delete(self, bucket: str, key: str) -> None:
        with self._change():
            self._require(bucket)
            rows = self._rows("bucket = ? AND key = ?", (bucket, key))
            if not rows:
                return
            path = rows[0][2]
            with self._database.write() as connection:
                connection.execute("INSERT OR REPLACE INTO journal (path) VALUES (?)", (path,))
                connection.execute(
                    "DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
                )
            self._remove(path)

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """One change at a time, and only over what earlier ones have settled."""
        with self._lock:
            self._settle()
            self._unsettled = True
            yield
            self._unsettled = False

    def _require(self, bucket: str) -> None:
        if not self._database.rows("SELECT 1 FROM buckets WHERE name = ?", (bucket,)):
            raise BucketMissing(f"there is no bucket '{bucket}'")

    def _rows(self, condition: str, values: tuple[object, ...]) -> Rows:
        # `condition` is one of this file's own literals; values are bound.
        return self._database.rows(_SELECT + condition, values)

    def _object(self, row: Row) -> StoredObject:
        bucket, key, path, size, etag, modified, content_type, metadata = row
        return StoredObject(
            *(bucket, key, size, etag, modified, self._root / path, content_type),
            metadata=json.loads(metadata),
        )

    def _place(self, bucket: str, key: str) -> str:
        """Choose the file for a key and make its folder: the key's own path where nothing else is in its way."""
        rows = self._rows("bucket = ? AND key = ?", (bucket, key))
        own: str | None = rows[0][2] if rows else None
        for path in ([own] if own else []) + candidates(bucket, key):
            target = self._root / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                continue  # another key's file stands where a folder is needed
            taken = target.is_symlink() or target.exists()
            if not taken or (path == own and target.is_file()):
                return path
        raise FileExistsError(f"every place for s3://{bucket}/{key} below {self._root} is taken")

    def _install(self, staged: Staged, row: Row) -> None:
        path = row[2]
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO journal (path, staged, entry) VALUES (?, ?, ?)",
                (path, staged.path.name, json.dumps(row)),
            )
        staged.path.replace(self._root / path)
        self._index(row)

    def _undo(self, staged: Staged) -> None:
        if staged.path.exists():  # else it is in its place already, and the journal says so
            with self._database.write() as connection:
                connection.execute("DELETE FROM journal WHERE staged = ?", (staged.path.name,))
            staged.path.unlink(missing_ok=True)

    def _index(self, row: Row) -> None:
        with self._database.write() as connection:
            connection.execute(_INSERT, row)
            connection.execute("DELETE FROM journal WHERE path = ?", (row[2],))

    def _remove(self, path: str) -> None:
        target = self._root / path
        target.unlink(missing_ok=True)
        for folder in target.relative_to(self._root).parents[:-1]:
            try:
                (self._root / folder).rmdir()
            except FileNotFoundError:
                continue  # removed by hand
            except OSError:
                break  # it still holds something
        with self._database.write() as connection:
            connection.execute("DELETE FROM journal WHERE path = ?", (path,))

    def _recover(self) -> None:
        self._settle()
        for left in self._staging.iterdir():
            left.unlink()

    def _settle(self) -> None:
        if not self._unsettled:
            return
        for path, staged, entry in self._database.rows("SELECT path, staged, entry FROM journal"):
            if entry is None:
                self._remove(str(path))
            elif not (self._staging / str(staged)).exists():
                self._index(tuple(json.loads(str(entry))))
            else:
                with self._database.write() as connection:
                    connection.execute("DELETE FROM journal WHERE path = ?", (path,))
                (self._staging / str(staged)).unlink()
        self._unsettled = False
