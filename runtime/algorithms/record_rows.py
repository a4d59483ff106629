"""Turns the frames of a RecordIO file into rows: those of one layout as a table, all others tensor by tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from runtime.algorithms import protobuf_record
from runtime.algorithms.parsing import ParseError
from runtime.algorithms.protobuf_record import (
    FLOATS,
    INT32,
    Array,
    Counts,
    Integers,
    Span,
    Tensor,
)

# Where payloads begin, and how long each is.
Frames = tuple[Counts, Counts]


@dataclass(frozen=True)
class Part:
    """Consecutive rows: their values row after row, `counts` of them in each; sparse ones with their `columns`.

    `width` is None where nothing declares it.
    """

    first: int
    values: Array
    counts: Counts
    labels: Array
    width: int | None
    columns: Counts | None = None


def read(data: bytes, frames: Frames, first: int, widest: int) -> list[Part]:
    """The rows of these frames; `first` is the number of the first record. Raises ParseError naming the record."""
    table = _table(data, frames, first)
    return [table] if table else _rows(data, frames, first, widest)


def join(parts: Sequence[Part]) -> Any:
    """The features of all rows: a matrix, or scipy's CSR when any is sparse. Raises ParseError naming the record."""
    if not parts:
        return np.empty((0, 0))
    width = _width(parts)
    if any(part.columns is not None for part in parts):
        return _sparse(parts, width)
    return np.concatenate([part.values.reshape(len(part.labels), width) for part in parts])


def _table(data: bytes, frames: Frames, first: int) -> Part | None:
    """Frames that differ from their first one in nothing but the numbers, as a table; None when they do not."""
    starts, lengths = frames
    if len(starts) < 2 or (lengths != lengths[0]).any():
        return None
    try:
        features, label = protobuf_record.locate(data, int(starts[0]), int(starts[0] + lengths[0]))
    except ParseError:
        return None  # whoever reads it by itself says where
    if features.keys or features.shape or not _plain(features) or not (label and _plain(label)):
        return None
    rows, stride = len(starts), int(starts[1] - starts[0])
    fixed = np.ones(lengths[0], dtype=bool)
    for begin, end in (*features.values, *label.values):
        fixed[begin - starts[0] : end - starts[0]] = False
    content = np.ndarray((rows, len(fixed)), np.uint8, data, int(starts[0]), (stride, 1))
    if (content[:, fixed] != content[0, fixed]).any():
        return None
    values, labels = (_column(data, tensor, rows, stride) for tensor in (features, label))
    if (label.kind == INT32 and (labels > 127).any()) or labels.shape[1] != 1:
        return None
    width = values.shape[1]
    flat = values.astype(np.float64).ravel()
    return Part(first, flat, np.full(rows, width), labels[:, 0].astype(np.float64), width)


def _plain(tensor: Tensor) -> bool:
    """Whether its numbers stand in one run of bytes that has the same length in every record."""
    if len(tensor.values) != 1:
        return False
    begin, end = tensor.values[0]
    if tensor.kind == INT32:
        return end - begin == 1
    return end > begin and (end - begin) % FLOATS[tensor.kind][1] == 0


def _column(data: bytes, tensor: Tensor, rows: int, stride: int) -> NDArray[Any]:
    code, size = FLOATS.get(tensor.kind, ("u1", 1))
    begin, end = tensor.values[0]
    return np.ndarray((rows, (end - begin) // size), code, data, begin, (stride, size))


def _rows(data: bytes, frames: Frames, first: int, widest: int) -> list[Part]:
    """Decode frames together when they are of one kind, else, and to say which one is wrong, one by one."""
    ends = frames[0] + frames[1]
    spans = list(zip(frames[0].tolist(), ends.tolist(), strict=True))
    try:
        return [_part(data, spans, first, widest)]
    except ParseError:
        return [_alone(data, span, number, widest) for number, span in enumerate(spans, first)]


def _alone(data: bytes, span: Span, number: int, widest: int) -> Part:
    try:
        return _part(data, [span], number, widest)
    except ParseError as error:
        raise ParseError(f"record {number}: {error}") from error


def _part(data: bytes, spans: Sequence[Span], first: int, widest: int) -> Part:
    located = [protobuf_record.locate(data, *span) for span in spans]
    features = [tensor for tensor, _ in located]
    values, counts = protobuf_record.numbers(data, features)
    labels = _labels(data, [label for _, label in located])
    columns, keys = protobuf_record.integers(data, [tensor.keys for tensor in features])
    shapes, dimensions = protobuf_record.integers(data, [tensor.shape for tensor in features])
    if not len(columns) and counts.all():
        if (counts != counts[0]).any():
            raise ParseError("the rows are of different widths")
        return Part(first, values, counts, labels, int(counts[0]))
    if dimensions.any() != dimensions.all() or (dimensions.all() and (shapes[0] != shapes).any()):
        raise ParseError("the rows have different shapes")
    width = int(shapes[0]) if len(shapes) else None
    if width is None and not len(columns):
        raise ParseError("no features")
    _check_keys(columns, (keys, counts), width, widest)
    return Part(first, values, counts, labels, width, columns.astype(np.int64))


def _labels(data: bytes, tensors: Sequence[Tensor | None]) -> Array:
    """One number a record; nan where there is none."""
    found = [tensor for tensor in tensors if tensor]
    if not found:
        return np.full(len(tensors), np.nan)
    values, counts = protobuf_record.numbers(data, found)
    if (counts != 1).any():
        raise ParseError(f"the label has {counts[counts != 1][0]} values; allowed: one")
    if len(found) < len(tensors):
        raise ParseError("some have no label")
    return values


def _check_keys(
    columns: Integers, counts: tuple[Counts, Counts], width: int | None, widest: int
) -> None:
    """`counts` are those of keys and of values, row by row."""
    largest = int(columns.max()) if len(columns) else -1
    wide = largest + 1 if width is None else width
    if (counts[0] != counts[1]).any() or largest >= wide or wide > widest:
        raise ParseError(
            f"a sparse row of width {wide} has {counts[0].sum()} keys (largest {largest}) "
            f"for {counts[1].sum()} values; at most {widest} wide"
        )


def _width(parts: Sequence[Part]) -> int:
    """The one width of all rows; where none declares it, that of the largest key. Raises ParseError."""
    width: int | None = None
    for part in parts:
        if part.width is not None and part.width != (width or part.width):
            raise ParseError(f"record {part.first}: {part.width} features, but {width} before")
        width = width or part.width
    needed = 0
    for part in parts:
        if part.width is None and part.columns is not None:
            needed = max(needed, int(part.columns.max(initial=-1)) + 1)
            if needed > (width or needed):
                raise ParseError(f"record {part.first}: {needed} features, but {width} declared")
    return width or needed


def _sparse(parts: Sequence[Part], width: int) -> Any:
    columns = [
        np.tile(np.arange(width), len(part.labels)) if part.columns is None else part.columns
        for part in parts
    ]
    starts = np.concatenate([[0], *(part.counts for part in parts)]).cumsum()
    values = np.concatenate([part.values for part in parts])
    shape = (len(starts) - 1, width)
    matrix = sparse.csr_matrix((values, np.concatenate(columns), starts), shape)
    if not matrix.has_canonical_format:
        _refuse_repeated_keys(matrix)
    return matrix


def _refuse_repeated_keys(matrix: Any) -> None:
    """Sort the keys of each row, so that a repeated one shows. Raises ParseError."""
    matrix.sort_indices()
    same = np.flatnonzero(np.diff(matrix.indices) == 0) + 1
    repeated = same[~np.isin(same, matrix.indptr)]
    if len(repeated):
        row = int(np.searchsorted(matrix.indptr, repeated[0], side="right"))
        raise ParseError(f"record {row}: the key {matrix.indices[repeated[0]]} occurs twice")
