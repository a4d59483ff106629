"""An upload's content together with the headers that stay with the object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO, cast

from runtime.server.s3.payload import Payload
from runtime.server.s3.request import S3Request

# Headers of a put that a get answers with.
_KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-website-redirect-location",
)


class Upload:
    """A store reads it to its end; then `at_end` has been called and `metadata` has the checksums of the trailer."""

    def __init__(self, request: S3Request, at_end: Callable[[], None] = lambda: None) -> None:
        self._payload = Payload(request)
        self._at_end = at_end
        self._ended = False
        self.metadata = kept_headers(request)

    @property
    def source(self) -> BinaryIO:
        """What Objects.put takes: it calls nothing but `read`."""
        return cast(BinaryIO, self)

    def read(self, size: int = -1) -> bytes:
        data = self._payload.read(size)
        if not data and not self._ended:
            self._ended = True
            for name, value in self._payload.checksums.items():
                self.metadata[f"x-amz-checksum-{name}"] = value
            self._at_end()
        return data


def kept_headers(request: S3Request) -> dict[str, str]:
    """The headers of a request that belong to the object it makes."""
    kept = {name: value for name in _KEPT if (value := request.header(name))}
    encodings = [part.strip() for part in kept.pop("content-encoding", "").split(",")]
    if encoding := ",".join(part for part in encodings if part and part.lower() != "aws-chunked"):
        kept["content-encoding"] = encoding
    return {**kept, **request.headers("x-amz-meta-")}


def checksum_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """The checksum in an object's metadata, and what it was taken of."""
    found = {name: value for name, value in metadata.items() if name.startswith("x-amz-checksum-")}
    if found:
        composite = any("-" in value for value in found.values())
        found["x-amz-checksum-type"] = "COMPOSITE" if composite else "FULL_OBJECT"
    return found
