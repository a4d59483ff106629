"""RecordIO-wrapped protobuf, written from the documented layout and independently of the runtime's reader."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

FLOAT32, FLOAT64, INT32 = 2, 3, 7
_CODES = {FLOAT32: "f", FLOAT64: "d"}

Record = Callable[..., bytes]


def _varint(number: int) -> bytes:
    encoded = bytearray()
    number &= 0xFFFFFFFFFFFFFFFF
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _tensor(
    kind: int, values: Sequence[float], keys: Sequence[int] | None, width: int | None
) -> bytes:
    if kind == INT32:
        packed = b"".join(_varint(int(value)) for value in values)
    else:
        packed = struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
    content = _field(1, packed)
    if keys is not None:
        content += _field(2, b"".join(map(_varint, keys)))
    if width is not None:
        content += _field(3, _varint(width))
    return _field(kind, content)


def _entry(number: int, tensor: bytes) -> bytes:
    return _field(number, _field(1, b"values") + _field(2, tensor))


def frame(payload: bytes) -> bytes:
    head = struct.pack("<II", 0xCED7230A, len(payload))
    return head + payload + b"\0" * (-len(payload) % 4)


@pytest.fixture(scope="session")
def record() -> Record:
    """`record(values, label, keys=, width=, kind=, label_kind=)`: one framed record; a label of None is left out."""

    def write(
        values: Sequence[float],
        label: float | None = None,
        *,
        keys: Sequence[int] | None = None,
        width: int | None = None,
        kind: int = FLOAT32,
        label_kind: int = FLOAT32,
    ) -> bytes:
        payload = _entry(1, _tensor(kind, values, keys, width))
        if label is not None:
            payload += _entry(2, _tensor(label_kind, [label], None, None))
        return frame(payload)

    return write
