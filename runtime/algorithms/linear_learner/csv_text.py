"""Reads CSV without header, numbers only; explains by row and column what it cannot read."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from runtime.algorithms.linear_learner.csv_columns import read_large
from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.parsing import LARGEST, ParseError

# Enough to see a pattern, few enough to read.
_SHOWN = 5
# Bytes from which it pays to load the fast reader.
_LARGE = 4_000_000
_FOREIGN = {"\0", *map(chr, range(0xDC80, 0xDD00))}

Problem = tuple[int, str]


class UnreadableCsv(ParseError):
    """The text is no table of numbers; `row` is the first that is wrong, counted from 1."""

    def __init__(self, problems: list[Problem]) -> None:
        self.row = problems[0][0]
        shown = [text for _, text in problems]
        super().__init__("; ".join([*shown[:_SHOWN], *(["and more"] if shown[_SHOWN:] else [])]))


def parse_csv(source: Path | bytes) -> Array:
    """Read a file or a body as a matrix of finite numbers; no rows give an empty one. Raises UnreadableCsv."""
    table = read_large(source) if _size(source) >= _LARGE else None
    return _parse(source) if table is None else table


def _parse(source: Path | bytes) -> Array:
    try:
        with _open(source) as lines:
            table = _load(lines)
    except ValueError as error:
        raise UnreadableCsv(_explain(source) or [(1, str(error))]) from error
    if (np.abs(table) <= LARGEST).all():
        return table
    raise UnreadableCsv(_explain(source) or [(1, "a value is not a finite number")])


def _size(source: Path | bytes) -> int:
    return source.stat().st_size if isinstance(source, Path) else len(source)


def _open(source: Path | bytes, errors: str = "strict") -> TextIO:
    if isinstance(source, Path):
        return source.open(encoding="utf-8-sig", errors=errors, newline=None)
    return io.TextIOWrapper(io.BytesIO(source), encoding="utf-8-sig", errors=errors, newline=None)


def _load(lines: TextIO) -> Array:
    with warnings.catch_warnings():
        # NumPy warns about an empty file; whether that is wrong is the caller's question.
        warnings.filterwarnings("ignore", message=".*input contained no data")
        return np.loadtxt(
            lines, dtype=np.float64, delimiter=",", comments=None, quotechar='"', ndmin=2
        )


def _explain(source: Path | bytes) -> list[Problem]:
    """What is wrong, one more than is shown; empty when this reader sees nothing wrong."""
    with _open(source, "surrogateescape") as lines:
        return list(itertools.islice(_problems(lines), _SHOWN + 1))


def _problems(lines: Iterable[str]) -> Iterator[Problem]:
    reader, width = csv.reader(lines), 0
    try:
        for row in reader:
            if not row:
                continue
            number = reader.line_num
            if not width and not any(map(_is_number, row)) and not _foreign(row):
                header = ",".join(row)[:80]
                yield number, f"row {number}: looks like a header ({header}); remove it"
                width = len(row)
                continue
            width = width or len(row)
            if len(row) != width:
                yield number, f"row {number}: {len(row)} columns, but {width} before"
                continue
            for problem in _row_problems(number, row):
                yield number, problem
    except csv.Error as error:
        yield reader.line_num, f"row {reader.line_num}: {error}"


def _row_problems(number: int, row: list[str]) -> Iterator[str]:
    byte = _foreign(row)
    if byte:
        yield f"row {number}: not UTF-8 text: it has the byte {byte}; save the file as UTF-8"
        return
    for column, value in enumerate(row, start=1):
        if not value.strip():
            yield f"row {number}, column {column}: the value is missing; fill it or drop the row"
        elif not _is_number(value):
            yield f"row {number}, column {column}: {value[:40]!r} is not a finite number"


def _foreign(row: list[str]) -> str:
    """The first byte that is not of UTF-8 text, in hexadecimal, or ""; what is no UTF-8 was read as lone surrogates."""
    found = (letter for value in row for letter in value if letter in _FOREIGN)
    return next((f"0x{ord(letter) & 0xFF:02x}" for letter in found), "")


def _is_number(value: str) -> bool:
    try:
        return "_" not in value and abs(float(value)) <= LARGEST
    except ValueError:
        return False
