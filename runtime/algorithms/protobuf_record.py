"""Finds the tensors in one protobuf Record without copying it, and decodes them.

Record {map<string, Value> features = 1; map<string, Value> label = 2}; Value {Float32Tensor = 2, Float64Tensor = 3,
Int32Tensor = 7}; each tensor {values = 1 (packed), keys = 2 (packed uint64), shape = 3 (packed uint64)}.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.algorithms.parsing import ParseError

FLOATS = {2: ("<f4", 4), 3: ("<f8", 8)}
INT32 = 7
_LONGEST = 10

Array = NDArray[np.float64]
Integers = NDArray[np.uint64]
Counts = NDArray[np.int64]
Span = tuple[int, int]
_Field = tuple[int, int, int, int]


class Tensor(NamedTuple):
    """Where the parts of a tensor stand in the file, each as (first byte, byte after the last).

    `kind` is the tensor's field number in Value.
    """

    kind: int
    values: tuple[Span, ...]
    keys: tuple[Span, ...]
    shape: tuple[Span, ...]


def locate(data: bytes, start: int, end: int) -> tuple[Tensor, Tensor | None]:
    """Find (features, label) of the record in data[start:end]. Raises ParseError."""
    features: Tensor | None = None
    label: Tensor | None = None
    for number, wire, first, last in _fields(data, start, end):
        if wire != 2 or number not in (1, 2):
            continue
        tensor = _entry(data, first, last)
        if number == 1:
            features = tensor or features
        else:
            label = tensor or label
    if features is None:
        raise ParseError("no features")
    return features, label


def numbers(data: bytes, tensors: Sequence[Tensor]) -> tuple[Array, Counts]:
    """Decode the values of tensors of one kind: all of them, and how many each tensor has. Raises ParseError."""
    kind = tensors[0].kind
    if any(tensor.kind != kind for tensor in tensors):
        raise ParseError("the tensors are of different kinds")
    if kind == INT32:
        decoded, counts = integers(data, [tensor.values for tensor in tensors])
        signed: NDArray[np.int32] = decoded.astype(np.uint32).view(np.int32)
        return signed.astype(np.float64), counts
    code, size = FLOATS[kind]
    content, lengths = _joined(data, [tensor.values for tensor in tensors])
    if (lengths % size).any():
        odd = int(lengths[lengths % size > 0][0])
        raise ParseError(f"a tensor of {size}-byte numbers has {odd} bytes")
    return np.frombuffer(content, code).astype(np.float64), lengths // size


def integers(data: bytes, parts: Sequence[Sequence[Span]]) -> tuple[Integers, Counts]:
    """Decode varints (7 bits a byte, the lowest first; a byte below 128 ends each): all, and how many in each part.

    Raises ParseError.
    """
    joined, lengths = _joined(data, parts)
    content = np.frombuffer(joined, np.uint8)
    final = content < 128
    ends = np.cumsum(lengths)
    if not final[ends[lengths > 0] - 1].all():
        raise ParseError("the record ends inside a number")
    counts = np.diff(np.concatenate([[0], np.cumsum(final)])[np.concatenate([[0], ends])])
    if final.all():
        return content.astype(np.uint64), counts
    starts = np.concatenate([[0], np.flatnonzero(final)[:-1] + 1])
    sizes = np.diff(starts, append=len(content))
    if sizes.max() > _LONGEST:
        raise ParseError("a number is longer than 64 bits")
    place = np.arange(len(content)) - np.repeat(starts, sizes)
    bits = (content & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(bits, starts), counts


def _joined(data: bytes, parts: Sequence[Sequence[Span]]) -> tuple[bytes, Counts]:
    content = b"".join(data[first:last] for spans in parts for first, last in spans)
    lengths = [sum(last - first for first, last in spans) for spans in parts]
    return content, np.array(lengths, dtype=np.int64)


def _entry(data: bytes, start: int, end: int) -> Tensor | None:
    """The tensor of a map entry {key = 1, value = 2}; None when it has none of the numeric kinds."""
    for number, wire, first, last in _fields(data, start, end):
        if (number, wire) != (2, 2):
            continue
        for kind, inner, begin, stop in _fields(data, first, last):
            if inner == 2 and (kind in FLOATS or kind == INT32):
                return _tensor(data, kind, (begin, stop))
    return None


def _tensor(data: bytes, kind: int, span: Span) -> Tensor:
    parts: dict[int, list[Span]] = {1: [], 2: [], 3: []}
    for number, wire, first, last in _fields(data, *span):
        if number == 1 and wire == 0 and kind in FLOATS:
            raise ParseError("a tensor of floating point numbers has an integer")
        if number in parts:
            parts[number].append((first, last))
    return Tensor(kind, tuple(parts[1]), tuple(parts[2]), tuple(parts[3]))


def _fields(data: bytes, position: int, end: int) -> Iterator[_Field]:
    """Yield (field number, wire type, first, last) of data[position:end]; a varint's content is its own bytes."""
    while position < end:
        tag, position = _varint(data, position, end)
        wire, start = tag & 7, position
        if wire == 2:
            length, start = _varint(data, position, end)
            position = start + length
        elif wire == 0:
            _, position = _varint(data, position, end)
        elif wire in (1, 5):
            position += 8 if wire == 1 else 4
        else:
            raise ParseError(f"wire type {wire} is not allowed")
        if position > end:
            raise ParseError("the record ends inside a field")
        yield tag >> 3, wire, start, position


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    if position < end and data[position] < 128:
        return data[position], position + 1
    number = 0
    for shift in range(0, 7 * _LONGEST, 7):
        if position >= end:
            raise ParseError("the record ends inside a number")
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFFFFFFFFFFFFFF, position
    raise ParseError("a number is longer than 64 bits")
