"""A WSGI application as botocore's transport: requests stay in this process, bodies are streamed both ways."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from runtime.server.wsgi import CHUNK, Application, Environ


class Transport:
    """A `before-send` handler: botocore takes its answer instead of opening a connection."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], error: object = None
        ) -> None:
            started.append((status, headers))

        body = self._app(environ_of(request), start_response)
        status, headers = started[-1]
        raw = Raw(Pieces(body))
        return AWSResponse(request.url, int(status.split(" ", 1)[0]), dict(headers), raw)


def environ_of(request: AWSPreparedRequest) -> Environ:
    """The request as a server would hand it to the application."""
    url = urlsplit(request.url)
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "REQUEST_URI": url.path + (f"?{url.query}" if url.query else ""),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": _input(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update(_header_variables(request.headers))
    return environ


def _header_variables(headers: Mapping[str, str | bytes]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if (
            "\n" in text or "\r" in text
        ):  # as a connection does: nothing may pass for another header
            raise ValueError(f"the header {name} has a line break: {text!r}")
        variable = name.upper().replace("-", "_")
        if variable in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            yield variable, text
        else:
            yield f"HTTP_{variable}", text


def _input(body: Any) -> BinaryIO:
    if body is None:
        return io.BytesIO()
    if isinstance(body, str):
        return io.BytesIO(body.encode())
    if isinstance(body, bytes | bytearray):
        return io.BytesIO(body)
    # A file, or botocore's AwsChunkedWrapper, which is quadratic when it is read without a size: Body never does.
    return cast(BinaryIO, body)


class Pieces(io.RawIOBase):
    """An iterable of bytes as a raw stream; closing it closes the iterable, as a WSGI server must."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._iterator = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            piece = next(self._iterator, None)
            if piece is None:
                self.close_pieces()
                return 0
            self._rest = piece
        view = memoryview(buffer)
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        self.close_pieces()
        super().close()

    def close_pieces(self) -> None:
        """Release what the application holds open; a second call does nothing."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


class Raw(io.BufferedReader):
    """What botocore expects of a urllib3 response."""

    def stream(self, amt: int = CHUNK, decode_content: bool | None = None) -> Iterator[bytes]:
        while data := self.read(amt):
            yield data
