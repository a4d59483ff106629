"""Remembers what steps were answered, so that the same request of the same pipeline is not run again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipelines.definition.caching import duration
from runtime.arns import execution_id_in
from runtime.storage._base import Document, Records


class StepCache:
    """Remembers the latest success of every request."""

    kind = "CacheEntry"

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, key: str, config: Mapping[str, Any] | None, now: float) -> Document | None:
        """The remembered {ExecutionArn, Properties, Metadata, EndTime}, if caching is on and it is young enough."""
        if not config or not config.get("Enabled"):
            return None
        limit = config.get("ExpireAfter")
        longest = duration(limit) if limit else math.inf
        entry = self._records.get(self.kind, key)
        if entry is None or now - entry["EndTime"] > longest:
            return None
        # Executions go with their pipeline; another one of the same name starts anew.
        source = self._records.get("Execution", execution_id_in(entry["ExecutionArn"]))
        return None if source is None else entry

    def keep(self, key: str, entry: Document) -> None:
        self._records.put(self.kind, key, entry)
