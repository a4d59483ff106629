"""Is a document small enough to be looked at closely?

A request holds at most 1,048,576 characters of it (through S3 it can be longer), which in real ones are about 40,000
values. A text of the same length can hold many more (`[{},{},...`), and what looks at each of them would take seconds.
"""

from __future__ import annotations

from typing import Any

from pipelines.definition.errors import Problem
from pipelines.definition.expressions import escape

MOST_VALUES = 60_000
# A longer text may have more, but not denser ones: the densest real definitions have a value in 14 characters.
_FEWEST_CHARACTERS = 12
# In one list or object.
MOST_ENTRIES = 5_000


def oversized(document: Any, length: int) -> Problem | None:
    """The first list or object with too many entries, or the document when a text of this length has too many values."""
    most = max(MOST_VALUES, length // _FEWEST_CHARACTERS)
    values = 0
    todo: list[tuple[str, Any]] = [("", document)]
    while todo:
        pointer, current = todo.pop()
        entries = list(current.items() if isinstance(current, dict) else enumerate(current))
        values += len(entries)
        if len(entries) > MOST_ENTRIES:
            return _problem(pointer, f"has {len(entries)} entries", MOST_ENTRIES)
        if values > most:
            return _problem("", f"has more than {most} values", most)
        todo += [
            (f"{pointer}/{escape(str(key))}", value)
            for key, value in entries
            if isinstance(value, dict | list)
        ]
    return None


def _problem(pointer: str, found: str, most: int) -> Problem:
    return Problem(
        pointer,
        f"{found}, so that nothing was checked; allowed are {most}: make two pipelines of it",
    )
