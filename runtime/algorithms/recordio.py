"""RecordIO-wrapped protobuf, the service's binary form of examples: reader and writer of the parts that it uses.

Frame: magic 0xced7230a, length (uint32, little endian), payload, padding to 4 bytes. Payload: message Record
{map<string, Value> features = 1; map<string, Value> label = 2}; Value {Float32Tensor = 2, Float64Tensor = 3,
Int32Tensor = 7}; each tensor {values = 1 (packed), keys = 2 (packed uint64), shape = 3 (packed uint64)}.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from runtime.algorithms.parsing import LARGEST, ParseError

RECORDIO = "application/x-recordio-protobuf"
_MAGIC = 0xCED7230A
_FLOATS = {2: ("<f4", 4), 3: ("<f8", 8)}
_INT32_TENSOR = 7
# Sparse rows are held densely here and claim their own width: refuse what memory could not hold.
_WIDEST = 1_000_000
_MOST_CELLS = 500_000_000

Array = NDArray[np.float64]
Field = tuple[int, int, bytes]


def read_records(data: bytes, *, labelled: bool, widest: int = _WIDEST) -> tuple[Array, Array]:
    """Read all records as (features, labels); labels are one column, empty unless `labelled`.

    No row may be wider than `widest`. Raises ParseError.
    """
    features: list[Array] = []
    labels: list[float] = []
    for number, payload in enumerate(_frames(data), start=1):
        try:
            row, label = _record(payload, widest)
        except ParseError as error:
            raise ParseError(f"record {number}: {error}") from error
        if number * len(row) > _MOST_CELLS:
            raise ParseError(f"more than {_MOST_CELLS} values as dense rows; split the data")
        if features and len(row) != len(features[0]):
            raise ParseError(f"record {number}: {len(row)} features, but {len(features[0])} before")
        if labelled and label is None:
            raise ParseError(f"record {number}: no label; training records need one value")
        features.append(row)
        labels.append(label or 0.0)
    matrix = np.array(features) if features else np.empty((0, 0))
    if not (np.abs(matrix) <= LARGEST).all() or not (np.abs(labels) <= LARGEST).all():
        raise ParseError("a value is not a finite number")
    return matrix, np.array(labels).reshape(-1, 1) if labelled else np.empty((0, 1))


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


def _frames(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        if len(data) - position < 8:
            raise ParseError(f"byte {position}: the file ends inside a record's head")
        magic, head = struct.unpack_from("<II", data, position)
        length = head & 0x1FFFFFFF
        if magic != _MAGIC or head >> 29:
            raise ParseError(f"byte {position}: not a RecordIO record")
        if position + 8 + length > len(data):
            raise ParseError(f"byte {position}: the file ends inside a record of {length} bytes")
        yield data[position + 8 : position + 8 + length]
        position += 8 + length + -length % 4


def _record(payload: bytes, widest: int) -> tuple[Array, float | None]:
    features: Array | None = None
    label: float | None = None
    for number, wire, content in _fields(payload):
        if wire != 2 or number not in (1, 2):
            continue
        values = _value(content, widest)
        if values is None:
            continue
        if number == 1:
            features = values
        elif len(values) == 1:
            label = float(values[0])
        else:
            raise ParseError(f"the label has {len(values)} values; allowed: one")
    if features is None or not len(features):
        raise ParseError("no features")
    return features, label


def _value(entry: bytes, widest: int) -> Array | None:
    """The tensor of a map entry {key = 1, value = 2}; None when it has none of the numeric kinds."""
    for number, wire, content in _fields(entry):
        if (number, wire) != (2, 2):
            continue
        for kind, inner, tensor in _fields(content):
            if inner == 2 and (kind in _FLOATS or kind == _INT32_TENSOR):
                return _dense(kind, tensor, widest)
    return None


def _dense(kind: int, tensor: bytes, widest: int) -> Array:
    values: list[Array] = []
    keys: list[int] = []
    shape: list[int] = []
    for number, wire, content in _fields(tensor):
        if number == 1:
            values.append(_numbers(kind, wire, content))
        elif number in (2, 3):
            (keys if number == 2 else shape).extend(_varints(content))
    flat = np.concatenate(values) if values else np.empty(0)
    if not keys:
        return flat
    width = shape[0] if shape else max(keys) + 1
    if len(keys) != len(flat) or max(keys) >= width or width > widest:
        raise ParseError(
            f"a sparse row of width {width} has {len(keys)} keys (largest {max(keys)}) for {len(flat)} values; "
            f"at most {widest} wide"
        )
    row = np.zeros(width)
    row[keys] = flat
    return row


def _numbers(kind: int, wire: int, content: bytes) -> Array:
    if kind == _INT32_TENSOR:
        numbers = np.array([*_varints(content)], dtype=np.uint64)
        signed: NDArray[np.int32] = numbers.astype(np.uint32).view(np.int32)
        return signed.astype(np.float64)
    code, size = _FLOATS[kind]
    if wire == 0 or len(content) % size:
        raise ParseError(f"a tensor of {size}-byte numbers has {len(content)} bytes")
    return np.frombuffer(content, dtype=code).astype(np.float64)


def _fields(message: bytes) -> Iterator[Field]:
    """Yield (field number, wire type, content); a varint's content is its own bytes."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        wire, start = tag & 7, position
        if wire == 0:
            _, position = _varint(message, position)
        elif wire == 2:
            length, start = _varint(message, position)
            position = start + length
        elif wire in (1, 5):
            position += 8 if wire == 1 else 4
        else:
            raise ParseError(f"wire type {wire} is not allowed")
        if position > len(message):
            raise ParseError("the record ends inside a field")
        yield tag >> 3, wire, message[start:position]


def _varints(content: bytes) -> Iterator[int]:
    position = 0
    while position < len(content):
        number, position = _varint(content, position)
        yield number


def _varint(message: bytes, position: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 64, 7):
        if position >= len(message):
            raise ParseError("the record ends inside a number")
        byte = message[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFFFFFFFFFFFFFF, position
    raise ParseError("a number is longer than 64 bits")
