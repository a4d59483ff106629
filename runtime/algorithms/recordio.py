"""RecordIO-wrapped protobuf, the service's binary form of examples: reader and writer of the parts that it uses.

Frame: magic 0xced7230a, length (uint32, little endian), payload, padding to 4 bytes; the payload is a Record
(`protobuf_record`). Files are mostly dense records of one layout, which `record_rows` reads as a table.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from runtime.algorithms import record_rows
from runtime.algorithms.parsing import LARGEST, ParseError
from runtime.algorithms.protobuf_record import Array, Counts
from runtime.algorithms.record_rows import Frames

RECORDIO = "application/x-recordio-protobuf"
_MAGIC = 0xCED7230A
_HEAD = 8
# A sparse row claims its own width: refuse what memory could not hold.
_WIDEST = 1_000_000
_MOST_CELLS = 500_000_000
# Frames that are compared at once: bounds the memory, and what one odd record slows down.
_BLOCK = 65_536


def read_records(data: bytes, *, labelled: bool, widest: int = _WIDEST) -> tuple[Array, Array]:
    """Read all records as (features, labels), finite; labels are one column, empty unless `labelled`.

    What a sparse row leaves out is 0. No row may be wider than `widest`. Raises ParseError.
    """
    features, labels = read_sparse_or_dense(data, labelled=labelled, widest=widest)
    if features.shape[0] * features.shape[1] > _MOST_CELLS:
        raise ParseError(f"more than {_MOST_CELLS} values as dense rows; split the data")
    matrix: Array = features.toarray() if sparse.issparse(features) else features
    if not (np.abs(matrix) <= LARGEST).all() or not (np.abs(labels) <= LARGEST).all():
        raise ParseError("a value is not a finite number")
    return matrix, labels.reshape(-1, 1) if labelled else np.empty((0, 1))


def read_sparse_or_dense(
    data: bytes, *, labelled: bool, widest: int = _WIDEST
) -> tuple[Any, Array]:
    """Read all records as (features, labels): a matrix, or scipy's CSR when any row is sparse. Raises ParseError."""
    parts: list[record_rows.Part] = []
    number = 1
    for frames in _blocks(*_frames(data)):
        parts += record_rows.read(data, frames, number, widest)
        number += len(frames[0])
    features = record_rows.join(parts)
    labels = np.concatenate([part.labels for part in parts]) if parts else np.empty(0)
    if not labelled:
        return features, np.zeros(len(labels))
    if np.isnan(labels).any():
        number = int(np.isnan(labels).argmax()) + 1
        raise ParseError(f"record {number}: no label; training records need one number")
    return features, labels


def write_record(label: dict[str, list[float]]) -> bytes:
    """Frame one answer: its label map of float32 tensors."""
    payload = b"".join(
        _message(2, _message(1, key.encode()) + _message(2, _message(2, _tensor(values))))
        for key, values in label.items()
    )
    frame = struct.pack("<II", _MAGIC, len(payload)) + payload
    return frame + b"\0" * (-len(payload) % 4)


def _tensor(values: list[float]) -> bytes:
    return _message(1, np.asarray(values, dtype="<f4").tobytes())


def _message(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _encode(len(content)) + content


def _encode(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _frames(data: bytes) -> Frames:
    starts: list[int] = []
    lengths: list[int] = []
    position, size, unpack = 0, len(data), struct.Struct("<II").unpack_from
    while position < size:
        if size - position < _HEAD:
            raise ParseError(f"byte {position}: the file ends inside a record's head")
        magic, length = unpack(data, position)
        if magic != _MAGIC or length >> 29:
            raise ParseError(f"byte {position}: not a RecordIO record")
        start = position + _HEAD
        if start + length > size:
            raise ParseError(f"byte {position}: the file ends inside a record of {length} bytes")
        starts.append(start)
        lengths.append(length)
        position = start + length + -length % 4
    return np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64)


def _blocks(starts: Counts, lengths: Counts) -> Iterator[Frames]:
    """Cut where the length changes."""
    changes = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(lengths)]
    if len(changes) > len(lengths) // 8:  # no common layout to gain from
        changes = [0, len(lengths)]
    for begin, end in itertools.pairwise(changes):
        for cut in range(begin, end, _BLOCK):
            block = slice(cut, min(end, cut + _BLOCK))
            yield starts[block], lengths[block]
