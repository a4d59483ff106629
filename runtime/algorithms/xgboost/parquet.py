"""Reads Parquet files: the label is the first column, all others are features, a null is a missing value.

Columns that pandas wrote as its index are no features, as in the container, which reads through pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.images._base import AlgorithmFailure

# What a few bytes of a hostile or damaged file may claim to hold; 2 GB as float32.
_MOST_CELLS = 500_000_000

Table = NDArray[np.float32]


def read(paths: Sequence[Path]) -> Table:
    """All files one below the other, in the order of the first file's columns. Raises AlgorithmFailure naming the file."""
    # Loaded by the jobs that need it; the others start without.
    import pyarrow as pa

    tables: list[Table] = []
    names: list[str] | None = None
    for path in paths:
        try:
            names, table = _read(path, names)
        except _Unusable as problem:
            raise _failure(path, str(problem)) from problem
        except (pa.ArrowException, OSError, ValueError, MemoryError, RecursionError) as error:
            text = str(error).partition("\n")[0] or type(error).__name__
            raise _failure(path, f"not a readable Parquet file: {text}") from error
        tables.append(table)
    return np.concatenate(tables) if len(tables) > 1 else tables[0]


class _Unusable(Exception):
    """The file is sound, but no table of numbers that fits the others."""


def _failure(path: Path, text: str) -> AlgorithmFailure:
    return AlgorithmFailure(f"Failed to load parquet data with exception:\n{path.name}: {text}")


def _read(path: Path, expected: list[str] | None) -> tuple[list[str], Table]:
    from pyarrow import parquet

    # No threads: they would outlive the reading, and jobs run side by side.
    with parquet.ParquetFile(path, pre_buffer=False) as file:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > _MOST_CELLS:
            raise _Unusable(
                f"{rows} rows of {columns} columns are more than {_MOST_CELLS} values; split the data"
            )
        _check_types(file.schema_arrow)
        names = _data_columns(file.schema_arrow)
        table = file.read(use_threads=False)
    names = _in_order(names, expected)
    if len(names) < 2:
        raise _Unusable(
            f"{len(names)} columns; the label must be the first column and a feature must follow"
        )
    return names, _numbers(table.select(names))


def _check_types(schema: Any) -> None:
    import pyarrow.types as kinds

    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        raise _Unusable(
            f"the column '{repeated[0]}' occurs {schema.names.count(repeated[0])} times"
        )
    for column in schema:
        kind = column.type.value_type if kinds.is_dictionary(column.type) else column.type
        if not (
            kinds.is_integer(kind)
            or kinds.is_floating(kind)
            or kinds.is_decimal(kind)
            or kinds.is_boolean(kind)
            or kinds.is_null(kind)
        ):
            raise _Unusable(
                f"the column '{column.name}' has type {column.type}; allowed: numbers and booleans"
            )


def _data_columns(schema: Any) -> list[str]:
    metadata = schema.pandas_metadata
    index = metadata.get("index_columns") if isinstance(metadata, dict) else None
    unused = {name for name in index if isinstance(name, str)} if isinstance(index, list) else set()
    return [name for name in schema.names if name not in unused]


def _in_order(names: list[str], expected: list[str] | None) -> list[str]:
    if expected is None or sorted(names) == sorted(expected):
        return expected or names
    raise _Unusable(
        f"the columns are {', '.join(names)}, but {', '.join(expected)} in the files before it"
    )


def _numbers(table: Any) -> Table:
    import pyarrow as pa

    numbers = np.empty((table.num_rows, table.num_columns), dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for place, column in enumerate(table.columns):
            numbers[:, place] = column.cast(pa.float64(), safe=False).to_numpy()
    labels = ~np.isfinite(numbers[:, 0])
    if labels.any():
        raise _Unusable(f"row {int(labels.argmax()) + 1}: the label is no finite number")
    infinite = np.isinf(numbers)
    if infinite.any():
        row, place = np.argwhere(infinite)[0]
        raise _Unusable(
            f"row {row + 1}, column '{table.column_names[place]}': infinite or too large"
        )
    return numbers
