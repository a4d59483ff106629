"""Is a document small enough to be looked at closely?

A definition is at most 1,048,576 characters; real ones of that size have about 40,000 values. A text of the same length
can hold many more (`[{},{},...`), and everything that looks at each of them would take seconds.
"""

from __future__ import annotations

from typing import Any

from pipelines.definition.errors import Problem
from pipelines.definition.expressions import escape

MOST_VALUES = 60_000
# In one list or object.
MOST_ENTRIES = 5_000


def oversized(document: Any) -> Problem | None:
    """The first list or object with too many entries, or the document when it has too many values in all."""
    values = 0
    todo: list[tuple[str, Any]] = [("", document)]
    while todo:
        pointer, current = todo.pop()
        entries = list(current.items() if isinstance(current, dict) else enumerate(current))
        values += len(entries)
        if len(entries) > MOST_ENTRIES:
            return _problem(pointer, f"has {len(entries)} entries", MOST_ENTRIES)
        if values > MOST_VALUES:
            return _problem("", f"has more than {MOST_VALUES} values", MOST_VALUES)
        todo += [
            (f"{pointer}/{escape(str(key))}", value)
            for key, value in entries
            if isinstance(value, dict | list)
        ]
    return None


def _problem(pointer: str, found: str, most: int) -> Problem:
    return Problem(
        pointer,
        f"{found}, and nothing in it was checked; no definition of 1 MB needs more than {most}: "
        "make two pipelines of it",
    )
