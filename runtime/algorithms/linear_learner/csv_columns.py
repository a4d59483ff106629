"""The fast way to read large CSV: Arrow, which parses numbers to the same doubles as NumPy in a third of the time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.parsing import LARGEST

_BLOCK = 4_000_000
# Arrow's time grows faster than the number of columns.
_WIDEST = 5000


def read_large(source: Path | bytes) -> Array | None:
    """Read a table of finite numbers; None when anything is unusual, for the exact reader to judge."""
    # Loading it takes longer than reading a small file.
    import pyarrow as pa

    try:
        return _read(source)
    except pa.ArrowException:
        return None


def _read(source: Path | bytes) -> Array | None:
    from pyarrow import csv

    width = _first_line(source).count(b",") + 1
    if width > _WIDEST:
        return None
    reader = csv.open_csv(
        source if isinstance(source, Path) else io.BytesIO(source),
        # On this thread: its pool has as many as the machine has cores, whatever else they do.
        read_options=csv.ReadOptions(
            column_names=[str(column) for column in range(width)],
            use_threads=False,
            block_size=_BLOCK,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(map(str, range(width)), "float64"), null_values=[]
        ),
    )
    blocks = []
    for batch in reader:
        block = _matrix(batch)
        if block is None:
            return None
        blocks.append(block)
    return np.concatenate(blocks) if blocks else None


def _matrix(batch: Any) -> Array | None:
    """Columns side by side; None when a value is missing or not finite."""
    table = np.empty((batch.num_rows, batch.num_columns))
    for number, column in enumerate(batch.columns):
        if column.null_count:
            return None
        table[:, number] = column.to_numpy()
    # One pass: NaN compares as false in both.
    fits = table.size == 0 or (table.max() <= LARGEST and table.min() >= -LARGEST)
    return table if fits else None


def _first_line(source: Path | bytes) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.readline(_BLOCK)
    return source[:_BLOCK].partition(b"\n")[0]
