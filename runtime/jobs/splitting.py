"""Cuts an input object into the bodies of requests, as SplitType, BatchStrategy and MaxPayloadInMB ask.

Objects are read in pieces of at most one body, whatever their size.
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

_BLANK = re.compile(rb"\n[ \t\r]*(?=\n)")
_RECORDIO_MAGIC = 0xCED7230A
_RECORDIO_HEAD = struct.Struct("<II")


class InputRefused(Exception):
    """An input object cannot be cut into requests; the message says where and why."""


@dataclass(frozen=True)
class Cut:
    """`limit` is in bytes; `single` sends each record alone."""

    split_type: str
    single: bool
    limit: int
    gzip: bool


def bodies(path: Path, cut: Cut) -> Iterator[bytes]:
    """The request bodies of one object, in order; none for an object without records. Raises InputRefused."""
    try:
        with gzip.open(path) if cut.gzip else path.open("rb") as content:
            yield from _split(content, cut)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputRefused(f"CompressionType is Gzip, but the object is not: {error}") from error


def _split(content: BufferedIOBase, cut: Cut) -> Iterator[bytes]:
    if cut.split_type == "Line":
        return _lines(content, cut)
    if cut.split_type == "RecordIO":
        return _records(content, cut)
    return _whole(content, cut)


def _whole(content: BufferedIOBase, cut: Cut) -> Iterator[bytes]:
    body = content.read(cut.limit + 1)
    if len(body) > cut.limit:
        raise _too_much("the object", "set SplitType, or raise MaxPayloadInMB", cut)
    if body:
        yield body


def _lines(content: BufferedIOBase, cut: Cut) -> Iterator[bytes]:
    """As many whole lines as fit; blank lines are no records."""
    position, rest = 0, b""
    while True:
        block = rest + content.read(cut.limit + 1 - len(rest))
        last = len(block) <= cut.limit
        end = len(block) if last else block.rfind(b"\n", 0, cut.limit) + 1
        if not end and not last:
            raise _too_much(f"the line at byte {position}", "raise MaxPayloadInMB", cut)
        yield from _cut_lines(block[:end], cut)
        if last:
            return
        position, rest = position + end, block[end:]


def _cut_lines(body: bytes, cut: Cut) -> Iterator[bytes]:
    body = _without_blank_lines(body)
    if not body:
        return
    if not cut.single:
        yield body
        return
    *lines, rest = body.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _without_blank_lines(body: bytes) -> bytes:
    if body[:1].isspace() or _BLANK.search(body):
        body = _BLANK.sub(b"", b"\n" + body)[1:]
    start = body.rfind(b"\n") + 1
    return body if body[start:].strip() else body[:start]


def _records(content: BufferedIOBase, cut: Cut) -> Iterator[bytes]:
    """Frames stay as they are; only alone they lose their padding, as the service's API text says."""
    packed: list[bytes] = []
    size = 0
    for frame, padding in _frames(content, cut):
        if packed and size + len(frame) > cut.limit:
            yield b"".join(packed)
            packed, size = [], 0
        if cut.single:
            yield frame
            continue
        packed += [frame, padding]
        size += len(frame) + len(padding)
    if packed:
        yield b"".join(packed)


def _frames(content: BufferedIOBase, cut: Cut) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while head := content.read(_RECORDIO_HEAD.size):
        if len(head) < _RECORDIO_HEAD.size:
            raise InputRefused(f"byte {position}: the object ends inside a record's head")
        magic, length = _RECORDIO_HEAD.unpack(head)
        if magic != _RECORDIO_MAGIC or length >> 29:
            raise InputRefused(f"byte {position}: not a RecordIO record")
        if len(head) + length > cut.limit:
            raise _too_much(f"the record at byte {position}", "raise MaxPayloadInMB", cut)
        payload = content.read(length)
        if len(payload) < length:
            raise InputRefused(
                f"byte {position}: the object ends inside a record of {length} bytes"
            )
        padding = content.read(-length % 4)
        yield head + payload, padding
        position += len(head) + length + len(padding)


def _too_much(what: str, advice: str, cut: Cut) -> InputRefused:
    return InputRefused(
        f"Too much data for max payload size: {what} is longer than {cut.limit} bytes (MaxPayloadInMB "
        f"{cut.limit // 1024 // 1024}); {advice} (at most 100)"
    )
