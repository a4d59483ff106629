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

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.parsing import LARGEST, ParseError

# Enough to see a pattern, few enough to read.
_SHOWN = 5


def parse_csv(source: Path | bytes) -> Array:
    """Read a file or a body as a matrix of finite numbers; no rows give an empty one. Raises ParseError."""
    try:
        with _open(source) as lines:
            table = _load(lines)
    except UnicodeDecodeError as error:
        raise ParseError(_not_text(error)) from error
    except ValueError as error:
        raise ParseError(_explain(source) or str(error)) from error
    if (np.abs(table) <= LARGEST).all():
        return table
    raise ParseError(_explain(source) or "a value is not a finite number")


def _open(source: Path | bytes) -> TextIO:
    if isinstance(source, Path):
        return source.open(encoding="utf-8-sig", newline=None)
    return io.TextIOWrapper(io.BytesIO(source), encoding="utf-8-sig", newline=None)


def _load(lines: TextIO) -> Array:
    with warnings.catch_warnings():
        # NumPy warns about an empty file; whether that is wrong is the caller's question.
        warnings.filterwarnings("ignore", message=".*input contained no data")
        return np.loadtxt(
            lines, dtype=np.float64, delimiter=",", comments=None, quotechar='"', ndmin=2
        )


def _explain(source: Path | bytes) -> str:
    """What is wrong, by row and column, at most a handful; "" when this reader sees nothing wrong."""
    with _open(source) as lines:
        problems = list(itertools.islice(_problems(lines), _SHOWN + 1))
    if len(problems) > _SHOWN:
        problems[_SHOWN] = "and more"
    return "; ".join(problems)


def _not_text(error: UnicodeDecodeError) -> str:
    return f"not UTF-8 text: {error.object[error.start : error.start + 1]!r} is an {error.reason}"


def _problems(lines: Iterable[str]) -> Iterator[str]:
    reader, width = csv.reader(lines), 0
    try:
        for row in reader:
            if not row:
                continue
            if not width and not any(map(_is_number, row)):
                yield f"row {reader.line_num}: looks like a header ({','.join(row)[:80]}); remove it"
                width = len(row)
                continue
            width = width or len(row)
            if len(row) != width:
                yield f"row {reader.line_num}: {len(row)} columns, but {width} before"
                continue
            yield from _row_problems(reader.line_num, row)
    except csv.Error as error:
        yield f"row {reader.line_num}: {error}"
    except UnicodeDecodeError as error:
        yield _not_text(error)


def _row_problems(number: int, row: list[str]) -> Iterator[str]:
    for column, value in enumerate(row, start=1):
        if not value.strip():
            yield f"row {number}, column {column}: the value is missing; fill it or drop the row"
        elif not _is_number(value):
            yield f"row {number}, column {column}: '{value[:40]}' is not a finite number"


def _is_number(value: str) -> bool:
    try:
        return "_" not in value and abs(float(value)) <= LARGEST
    except ValueError:
        return False
