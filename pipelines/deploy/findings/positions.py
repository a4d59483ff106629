"""Where in a JSON text a pointer leads: the line of the value."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]

from pipelines.definition.expressions import escape

_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r'[^\s,\]}"]+')


def lines(text: str, pointers: Collection[str]) -> Mapping[str, int]:
    """Pointer -> line, from 1, of those that lead somewhere. `text` must be valid JSON.

    The last of twin members counts, as it does for the reader of the document.
    """
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {
        pointer: bisect_right(breaks, at) + 1
        for pointer, at in _values(text)
        if pointer in pointers
    }


def _values(text: str) -> Iterator[tuple[str, int]]:
    """Every value's pointer and offset, outer before inner; without recursion, as documents may be deep."""
    # Of each open container its pointer and, in a list, the index of the entry to come; None in an object.
    open_: list[tuple[str, int | None]] = []
    pointer = ""
    at = _blank(text, 0)
    while True:
        yield pointer, at
        if text[at] in "{[":
            open_.append((pointer, None if text[at] == "{" else 0))
            at = _blank(text, at + 1)
        else:
            at = _blank(text, _end(text, at))
        while open_ and text[at] in "}]":
            open_.pop()
            at = _blank(text, at + 1)
        if not open_:
            return
        if text[at] == ",":
            at = _blank(text, at + 1)
        parent, index = open_[-1]
        if index is None:
            key, at = scanstring(text, at + 1)
            at = _blank(text, _blank(text, at) + 1)  # the colon
            pointer = f"{parent}/{escape(key)}"
        else:
            open_[-1] = (parent, index + 1)
            pointer = f"{parent}/{index}"


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match  # it may be empty
    return match.end()


def _end(text: str, at: int) -> int:
    if text[at] == '"':
        return int(scanstring(text, at + 1)[1])
    match = _SCALAR.match(text, at)
    assert match, "not JSON"
    return match.end()
