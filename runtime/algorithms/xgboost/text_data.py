"""Strict checks of CSV and libsvm files before XGBoost's parser sees them.

That parser takes words for missing values, pads short rows and reads a missing label as 0, silently. Each check
names file, row and column instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from runtime.images._base import AlgorithmFailure

_DELIMITERS = (",", "\t", ";", " ", ":", "|")
# One way to read each text: a second one would let a long row of digits take forever.
_FINITE = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_FINITE_PATTERN = re.compile(_FINITE, re.ASCII)
_NUMBER_PATTERN = re.compile(rf"{_FINITE}|[-+]?(?:nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE)
# XGBoost's parser of libsvm knows neither nan nor inf: it drops or moves values there.
_LIBSVM_ROW = re.compile(
    rf"{_FINITE}(?::{_FINITE})?(?:\s+qid:\d+)?(?:\s+\d+:{_FINITE})*\s*", re.ASCII
)
_LIBSVM_INDEX = re.compile(r"\s0*(\d{8,}):", re.ASCII)
# XGBoost keeps some hundred bytes a column, and wraps indices above 2**32 silently.
WIDEST = 10_000_000
# What numbers are written with, nan and infinity included: neither `True` nor a vertical tab.
_PLAIN = b"0123456789+-.eE \t\r\n" + b"nafityNAFITY"
# pandas takes seconds for each ten thousand columns.
_MANY_COLUMNS = 10_000
_SHOWN = 50


def find_delimiter(line: str) -> str | None:
    """The delimiter of a CSV line: the first usual one in it."""
    return next((known for known in _DELIMITERS if known in line.strip()), None)


def delimiter(line: str) -> str:
    """The delimiter of a line of training data. Raises AlgorithmFailure."""
    found = find_delimiter(line)
    if found is None:
        raise AlgorithmFailure(
            f"Could not determine delimiter on line {_shown(line.strip())}:\n"
            f"expected one of {', '.join(repr(known) for known in _DELIMITERS)} between "
            "the label and at least one feature"
        )
    return found


def first_line(path: Path) -> str:
    """The first line that is not blank; "" when there is none."""
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        return next((line for line in lines if line.strip()), "")


def check_csv(paths: Iterable[Path], separator: str, leading: int) -> None:
    """Refuse what is not one table of numbers; the first `leading` columns must not be empty."""
    width: int | None = None
    for path in paths:
        width = _check_csv_file(path, separator, leading, width)


def _check_csv_file(path: Path, separator: str, leading: int, width: int | None) -> int:
    """The fast reader decides for sound files; a doubt sends the file through the exact one."""
    table = read_table(path.read_bytes(), separator, first_line(path))
    if table is None or (width or table.shape[1]) != table.shape[1] or _has_gaps(table, leading):
        return _check_rows(path, separator, leading, width)
    return int(table.shape[1])


def read_table(content: bytes, separator: str, first: str) -> pd.DataFrame | None:
    """Lines of numbers, `first` among them; None when they are not, or pandas may read them in another way than XGBoost.

    Rows that are too short are filled up with missing values.
    """
    if (
        content.translate(None, _PLAIN + separator.encode())
        or content.count(b"\r") != content.count(b"\r\n")
        or first.count(separator) > _MANY_COLUMNS
    ):
        return None
    try:
        return pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            header=None,
            index_col=False,
            dtype=np.float64,
            keep_default_na=False,
            na_values=[""],
            quoting=csv.QUOTE_NONE,
            on_bad_lines="error",
        )
    except (ValueError, pd.errors.ParserError):  # a UnicodeDecodeError is a ValueError
        return None


def _has_gaps(table: pd.DataFrame, leading: int) -> bool:
    """Missing labels, or an empty last column: how a row that is too short shows itself here."""
    return bool(table.iloc[:, [*range(leading), -1]].isna().any(axis=None))


def _check_rows(path: Path, separator: str, leading: int, width: int | None) -> int:
    for number, line in _lines(path):
        fields = line.split(separator)
        place = f"Failed to load csv data with exception:\n{path.name}, row {number}"
        if len(fields) != (width or len(fields)):
            raise AlgorithmFailure(
                f"{place}: has {len(fields)} columns, but the rows before it have {width}"
            )
        width = len(fields)
        for column, field in enumerate(fields):
            problem = _field_problem(field, required=column < leading)
            if problem:
                hint = " (CSV input has no header row)" if number == 1 else ""
                raise AlgorithmFailure(f"{place}, column {column + 1}: {problem}{hint}")
    return width or 0


def _field_problem(field: str, *, required: bool) -> str | None:
    if not field:
        return "is empty, but labels and weights are required" if required else None
    text = field.strip(" \t")
    if _NUMBER_PATTERN.fullmatch(text) is None:
        return f"'{_shown(field)}' is not a number"
    if required and _FINITE_PATTERN.fullmatch(text) is None:
        return f"'{_shown(field)}' is not finite, but labels and weights must be"
    return None


def check_libsvm(paths: Iterable[Path]) -> None:
    """Refuse rows that are not `label[:weight] [qid:n] index:value ...`, and indices above WIDEST."""
    for path in paths:
        for number, line in _lines(path):
            row = line.partition("#")[0].strip()
            far = _LIBSVM_INDEX.search(row)
            if far:
                raise AlgorithmFailure(
                    f"Failed to load libsvm data with exception:\n{path.name}, row {number}: "
                    f"the index {_shown(far[1])} is too large; allowed: less than {WIDEST}"
                )
            if _LIBSVM_ROW.fullmatch(row) is None:
                raise AlgorithmFailure(
                    f"Row {number} '{_shown(line)}...' of file '{path.name}' is not 'LIBSVM' format. "
                    "Please ensure the file is in 'LIBSVM' format: label[:weight] index:value ..."
                )


def _shown(text: str) -> str:
    """Its beginning, fit for a log: bytes that are no text become question marks."""
    return "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in text[:_SHOWN])


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line.rstrip("\n")
