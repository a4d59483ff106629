"""The content of an upload: `aws-chunked` framing taken off, length and checksums verified while it streams.

A stream raises S3Error at its end when something does not match, so a store that keeps only
what was read to the end never keeps damaged content.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Protocol

from runtime.server.s3.errors import S3Error
from runtime.server.s3.request import S3Request
from runtime.server.wsgi import CHUNK, Body, BodyIncomplete

# Python has no CRC32C or CRC64NVME: these checksums are kept and echoed, but not verified.
UNVERIFIED = ("crc32c", "crc64nvme", "xxhash64", "xxhash3", "xxhash128")
_MAX_LINE = 16 * 1024


class Checksum(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_VERIFIED: dict[str, Callable[[], Checksum]] = {
    "crc32": Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}


class Payload:
    """The decoded content of a request, to be read once; `checksums` is complete after the last byte."""

    def __init__(self, request: S3Request) -> None:
        self._source = _source(request)
        # Header name without `x-amz-checksum-` -> base64 text, as announced by the client.
        self.checksums = _announced(request)
        trailer = request.header("x-amz-trailer") or ""
        names = [*self.checksums, trailer.lower().removeprefix("x-amz-checksum-")]
        self._running = {name: _VERIFIED[name]() for name in names if name in _VERIFIED}
        self._md5 = request.header("content-md5")
        if self._md5:
            self._running["content-md5"] = hashlib.md5(usedforsecurity=False)
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all when negative. Raises S3Error at the end when a checksum differs."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        try:
            data = self._source.read(size)
        except BodyIncomplete as error:
            raise _incomplete() from error
        for checksum in self._running.values():
            checksum.update(data)
        if not data and size and not self._ended:
            self._ended = True
            self._verify()
        return data

    def _verify(self) -> None:
        if isinstance(self._source, Chunked):
            self.checksums.update(self._source.checksums)
        for name, running in self._running.items():
            wanted = self._md5 if name == "content-md5" else self.checksums.get(name)
            found = base64.b64encode(running.digest()).decode()
            if wanted != found:
                raise S3Error(
                    "BadDigest",
                    f"The {name.upper()} you specified did not match what we received: "
                    f"announced {wanted}, calculated {found}.",
                )


class Chunked:
    """Takes the framing of `Content-Encoding: aws-chunked` off; signatures are not checked."""

    def __init__(self, source: Body, length: int | None) -> None:
        self._source = source
        self._length = length
        self._buffer = bytearray()
        self._left_in_chunk = 0
        self._read = 0
        self._ended = False
        self.checksums: dict[str, str] = {}

    def read(self, size: int) -> bytes:
        if self._ended or not size:
            return b""
        if not self._left_in_chunk:
            self._left_in_chunk = self._chunk_size()
            if not self._left_in_chunk:
                self._finish()
                return b""
        data = self._take(min(size, self._left_in_chunk))
        self._left_in_chunk -= len(data)
        self._read += len(data)
        if not self._left_in_chunk and self._line():
            raise _incomplete()
        return data

    def _chunk_size(self) -> int:
        text = self._line().partition(b";")[0]
        try:
            size = int(text, 16)
        except ValueError as error:
            raise _incomplete() from error
        if size < 0:
            raise _incomplete()
        return size

    def _finish(self) -> None:
        self._ended = True
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower().startswith("x-amz-checksum-"):
                self.checksums[name.lower().removeprefix("x-amz-checksum-")] = value.strip()
        if self._length is not None and self._length != self._read:
            raise _incomplete()

    def _take(self, size: int) -> bytes:
        if not self._buffer:
            self._fill()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n", 0, _MAX_LINE)) < 0:
            if len(self._buffer) >= _MAX_LINE:
                raise _incomplete()
            if not self._fill(ends=self._ended):
                break  # the empty line after the trailer may be missing
        line = bytes(self._buffer[: end + 1 if end >= 0 else None])
        del self._buffer[: len(line)]
        return line.rstrip(b"\r\n")

    def _fill(self, *, ends: bool = False) -> bool:
        data = self._source.read(64 * 1024)
        if not data and not ends:
            raise _incomplete()
        self._buffer += data
        return bool(data)


def is_chunked(request: S3Request) -> bool:
    encoding = request.header("content-encoding") or ""
    content = request.header("x-amz-content-sha256") or ""
    return "aws-chunked" in encoding.lower() or content.startswith("STREAMING-")


def _source(request: S3Request) -> Body | Chunked:
    if not is_chunked(request):
        return request.body
    length = request.header("x-amz-decoded-content-length")
    if length is not None and not length.isdecimal():
        raise S3Error("InvalidArgument", "x-amz-decoded-content-length must be a number")
    return Chunked(request.body, int(length) if length else None)


def _announced(request: S3Request) -> dict[str, str]:
    found = {}
    for header, value in request.headers("x-amz-checksum-").items():
        name = header.removeprefix("x-amz-checksum-")
        if name not in _VERIFIED and name not in UNVERIFIED:
            continue  # x-amz-checksum-mode, -algorithm, -type
        try:
            base64.b64decode(value, validate=True)
        except ValueError as error:
            raise S3Error(
                "InvalidRequest", f"Value for {header} header is invalid.", ArgumentValue=value
            ) from error
        found[name] = value
    return found


def _incomplete() -> S3Error:
    return S3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
