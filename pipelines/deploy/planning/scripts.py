"""Which scripts change, line by line. Pure.

A script's address holds the digest of its content, so another address under the same name is another content.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.definition.difference import Change

# More lines cost time, and nobody reads their difference in a terminal.
_MOST_LINES = 5000


@dataclass(frozen=True)
class ScriptChange:
    """`lines` are a unified difference without its header; None when the content is not text or not there."""

    name: str
    before: str
    after: str
    lines: tuple[str, ...] | None

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines or ())

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines or ())


def changed_scripts(changes: Iterable[Change]) -> tuple[tuple[str, str], ...]:
    """The (old, new) S3 URIs of the scripts that differ, each pair once."""
    pairs = [(each.before, each.after) for each in changes if each.kind == "asset"]
    return tuple(dict.fromkeys(pairs))


def compare_scripts(
    pairs: Iterable[tuple[str, str]], contents: Mapping[str, bytes]
) -> tuple[ScriptChange, ...]:
    """Compare the contents, which are known by URI."""
    return tuple(
        ScriptChange(after.rpartition("/")[2], before, after, _lines(contents, before, after))
        for before, after in pairs
    )


def _lines(contents: Mapping[str, bytes], before: str, after: str) -> tuple[str, ...] | None:
    old, new = _text(contents.get(before)), _text(contents.get(after))
    if old is None or new is None:
        return None
    difference = difflib.unified_diff(old, new, n=1, lineterm="")
    return tuple(difference)[2:]


def _text(body: bytes | None) -> list[str] | None:
    if body is None or b"\0" in body:
        return None
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None
    return lines if len(lines) <= _MOST_LINES else None
