"""The first rows of a CSV file and what its columns hold. Pure; takes any text."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

ROWS, COLUMNS = 200, 60
_LONGEST_CELL = 200
_SEPARATORS = ",;\t|"
_MISSING = frozenset(["", "na", "n/a", "nan", "null", "none"])
_KINDS = (
    ("integer", re.compile(r"[+-]?\d{1,300}")),
    ("number", re.compile(r"[+-]?(\d{1,300}(\.\d{0,300})?|\.\d{1,300})([eE][+-]?\d{1,3})?")),
    ("true/false", re.compile(r"true|false|True|False|TRUE|FALSE")),
    (
        "date",
        re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"),
    ),
)
_WIDER = {"integer": "number"}


@dataclass(frozen=True)
class Column:
    """`name` is empty without a header; `kind` is integer, number, true/false, date, text or empty."""

    name: str
    kind: str
    missing: int

    @property
    def numeric(self) -> bool:
        return self.kind in ("integer", "number")


@dataclass(frozen=True)
class Table:
    """`more_rows`, `more_columns`: whether there is more than is shown."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    header: bool
    more_rows: bool
    more_columns: bool


def read_table(text: str, *, cut: bool) -> Table | None:
    """A table, or None when the text is none; `cut` says that the file goes on, so its last line may be broken."""
    lines = text.splitlines(keepends=True)
    if cut and len(lines) > 1:
        lines = lines[:-1]
    try:
        rows = _rows(lines, _separator(lines))
    except csv.Error:
        return None
    if not rows:
        return None
    header = _is_header(rows)
    body = rows[1:] if header else rows
    width = max(map(len, rows))
    shown = [row[:COLUMNS] for row in body[:ROWS]]
    names = rows[0] if header else []
    columns = [
        _column(
            names[place] if place < len(names) else "",
            [row[place] for row in shown if place < len(row)],
        )
        for place in range(min(width, COLUMNS))
    ]
    cells = tuple(tuple(_short(cell) for cell in row) for row in shown)
    return Table(tuple(columns), cells, header, cut or len(body) > ROWS, width > COLUMNS)


def kind_of(cells: Sequence[str]) -> str:
    """What all cells have in common; empty ones say nothing."""
    kinds = {_cell_kind(cell) for cell in cells if not _is_missing(cell)}
    if not kinds:
        return "empty"
    if len(kinds) > 1:
        kinds = {_WIDER.get(kind, kind) for kind in kinds}
    return kinds.pop() if len(kinds) == 1 else "text"


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    found: list[list[str]] = []
    for row in csv.reader(lines, delimiter=separator):
        if row:
            found.append(row)
        if len(found) > ROWS + 1:
            break
    return found


def _separator(lines: Sequence[str]) -> str:
    first = lines[0] if lines else ""
    return max(_SEPARATORS, key=first.count)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Names, all different and none a number, over something else."""
    first = rows[0]
    if len(set(first)) != len(first) or any(
        kind_of([cell]) not in ("text", "empty") for cell in first
    ):
        return False
    return len(rows) == 1 or len(first) > 1 or kind_of([row[0] for row in rows[1:]]) != "text"


def _column(name: str, cells: Sequence[str]) -> Column:
    return Column(_short(name), kind_of(cells), sum(map(_is_missing, cells)))


def _cell_kind(cell: str) -> str:
    text = cell.strip()
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text)), "text")


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def _short(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"
