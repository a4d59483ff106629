"""Records that are gone with the process: the fake for tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from runtime.storage._base import Document, RecordExists, RecordMissing, Records


class MemoryRecords(Records):
    def __init__(self) -> None:
        self._lock = threading.RLock()
        # JSON texts, so that callers get copies and only JSON gets in.
        self._texts: dict[tuple[str, str], str] = {}

    def insert(self, kind: str, key: str, document: Document) -> None:
        with self._lock:
            if (kind, key) in self._texts:
                raise RecordExists(f"{kind} '{key}' exists")
            self.put(kind, key, document)

    def put(self, kind: str, key: str, document: Document) -> None:
        with self._lock:
            self._texts[kind, key] = json.dumps(document)

    def get(self, kind: str, key: str) -> Document | None:
        text = self._texts.get((kind, key))
        return None if text is None else json.loads(text)

    def update(self, kind: str, key: str, change: Callable[[Document], Document]) -> Document:
        with self._lock:
            document = self.get(kind, key)
            if document is None:
                raise RecordMissing(f"there is no {kind} '{key}'")
            self.put(kind, key, change(document))
            return json.loads(self._texts[kind, key])  # type: ignore[no-any-return]

    def delete(self, kind: str, key: str) -> None:
        with self._lock:
            self._texts.pop((kind, key), None)

    def list(
        self, kind: str, prefix: str = "", *, having: tuple[str, str] | None = None
    ) -> list[Document]:
        with self._lock:
            texts = list(self._texts.items())
        found = (
            json.loads(text) for (k, key), text in texts if k == kind and key.startswith(prefix)
        )
        if having is None:
            return list(found)
        member, wanted = having
        return [document for document in found if document.get(member) == wanted]

    def close(self) -> None:
        """Nothing to release."""
