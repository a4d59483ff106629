"""Records as JSON texts in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from runtime.storage._base import LAST, Document, RecordExists, RecordMissing, Records
from runtime.storage.database import Database

_UPSERT = """
INSERT INTO records (kind, key, document) VALUES (?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document
"""
_LIST = "SELECT document FROM records WHERE kind = ? AND key >= ? AND key < ?"
# Of the text, which is cheap; what has the member somewhere inside is sorted out afterwards.
_LIST_HAVING = f"{_LIST} AND instr(document, ?)"


class SqliteRecords(Records):
    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, kind: str, key: str, document: Document) -> None:
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO records (kind, key, document) VALUES (?, ?, ?)",
                    (kind, key, json.dumps(document)),
                )
        except sqlite3.IntegrityError as error:
            raise RecordExists(f"{kind} '{key}' exists") from error

    def put(self, kind: str, key: str, document: Document) -> None:
        with self._database.write() as connection:
            connection.execute(_UPSERT, (kind, key, json.dumps(document)))

    def get(self, kind: str, key: str) -> Document | None:
        rows = self._database.rows(
            "SELECT document FROM records WHERE kind = ? AND key = ?", (kind, key)
        )
        return _read(rows[0][0]) if rows else None

    def update(self, kind: str, key: str, change: Callable[[Document], Document]) -> Document:
        with self._database.write() as connection:
            row = connection.execute(
                "SELECT document FROM records WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
            if row is None:
                raise RecordMissing(f"there is no {kind} '{key}'")
            text = json.dumps(change(_read(row[0])))
            connection.execute(
                "UPDATE records SET document = ? WHERE kind = ? AND key = ?", (text, kind, key)
            )
        return _read(text)

    def delete(self, kind: str, key: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))

    def list(
        self, kind: str, prefix: str = "", *, having: tuple[str, str] | None = None
    ) -> list[Document]:
        query = _LIST
        values: tuple[str, ...] = (kind, prefix, prefix + LAST)
        if having is not None:
            query, values = _LIST_HAVING, (*values, json.dumps(dict([having]))[1:-1])
        rows = self._database.rows(f"{query} ORDER BY sequence", values)
        found = [_read(text) for (text,) in rows]
        if having is None:
            return found
        member, wanted = having
        return [document for document in found if document.get(member) == wanted]

    def close(self) -> None:
        self._database.close()


def _read(text: Any) -> Document:
    document: Document = json.loads(text)
    return document
