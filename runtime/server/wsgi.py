"""The few WSGI pieces every front of the application uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
CHUNK = 1024 * 1024


class BodyTooLarge(Exception):
    """A request body passed its limit."""


class BodyIncomplete(Exception):
    """The client closed the connection, or sent less than it announced."""


class Body:
    """A request's body: ends where the request ends, reads in bounded chunks, says when it was cut off."""

    def __init__(self, environ: Environ) -> None:
        self._stream: BinaryIO = environ["wsgi.input"]
        self._broken = ""
        chunked = environ.get("HTTP_TRANSFER_ENCODING")  # makes a length meaningless
        length = None if chunked else environ.get("CONTENT_LENGTH")
        # Without a length only a stream that ends by itself (chunked, embedded) can be read.
        ends = chunked or environ.get("wsgi.input_terminated")
        self._left: int | None = int(length) if length else (None if ends else 0)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; everything when negative. Raises BodyIncomplete."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        if self._broken:
            raise BodyIncomplete(self._broken)
        wanted = size if self._left is None else min(size, self._left)
        try:
            if wanted < 0:
                raise ValueError("the Content-Length is negative")
            data = self._stream.read(wanted) if wanted else b""
        except (OSError, ValueError) as error:  # a lost connection; broken chunks
            raise self._break(f"the body cannot be read: {error}") from error
        if self._left is not None:
            if wanted and not data:
                raise self._break(f"the body ended {self._left} bytes early")
            self._left -= len(data)
        return data

    def _break(self, reason: str) -> BodyIncomplete:
        # Nothing more is read: after broken chunks anything could look like the next one.
        self._broken = reason
        return BodyIncomplete(reason)

    def read_all(self, limit: int) -> bytes:
        """The whole body. Raises BodyTooLarge beyond `limit` bytes, BodyIncomplete."""
        if self._left is not None and self._left > limit:
            raise BodyTooLarge(f"the body has {self._left} bytes, the limit is {limit}")
        pieces, total = [], 0
        while data := self.read(CHUNK):
            pieces.append(data)
            total += len(data)
            if total > limit:
                raise BodyTooLarge(f"the body is longer than the limit of {limit} bytes")
        return b"".join(pieces)

    def drain(self) -> None:
        """Read what is left, so that the connection can be used again."""
        try:
            while self.read(CHUNK):
                pass
        except BodyIncomplete:
            return  # nobody is there to hear about it
