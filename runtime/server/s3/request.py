"""One S3 request: which bucket and key it addresses, whichever way, and what it carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from runtime.server.s3.errors import S3Error
from runtime.server.wsgi import Body, Environ

_AWS_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com(?:\.cn)?")
_LOCAL_HOST = re.compile(r"(?:(?P<bucket>.+?)\.)?(?:s3\.)?localhost(?:\.localdomain)?")
_MAX_KEY = 1024  # bytes


@dataclass(frozen=True)
class S3Request:
    """`bucket` and `key` are empty where the request addresses the service or a bucket."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    environ: Environ
    body: Body

    def header(self, name: str) -> str | None:
        """A header's value by its lower-case name; None when absent or empty."""
        upper = name.upper().replace("-", "_")
        found = self.environ.get(upper if upper == "CONTENT_TYPE" else f"HTTP_{upper}")
        return str(found).encode("latin-1").decode("utf-8", "replace") if found else None

    def headers(self, prefix: str) -> dict[str, str]:
        """Headers that start with a lower-case prefix, by their full lower-case names."""
        start = "HTTP_" + prefix.upper().replace("-", "_")
        names = [
            name[5:].lower().replace("_", "-") for name in self.environ if name.startswith(start)
        ]
        return {name: self.header(name) or "" for name in names}


@dataclass(frozen=True)
class S3Response:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


def read_request(environ: Environ) -> S3Request:
    """Raises S3Error for a path that names no key."""
    bucket = bucket_in_host(environ.get("HTTP_HOST", ""))
    path = _path(environ)[1:]
    key = path
    if not bucket:
        bucket, _, key = path.partition("/")
    if len(key.encode()) > _MAX_KEY:
        raise S3Error("KeyTooLongError", "Your key is too long", MaxSizeAllowed=str(_MAX_KEY))
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return S3Request(environ["REQUEST_METHOD"], bucket, key, query, environ, Body(environ))


def bucket_in_host(host: str) -> str:
    """The bucket of a virtual-host-style address; empty for path style."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    for pattern in (_AWS_HOST, _LOCAL_HOST):
        if match := pattern.fullmatch(name.lower()):
            return match["bucket"] or ""
    return ""


def _path(environ: Environ) -> str:
    # The raw path: servers disagree on what an encoded slash becomes in PATH_INFO.
    raw: Any = environ.get("REQUEST_URI")
    if raw and raw.startswith("/"):
        octets = unquote_to_bytes(raw.partition("?")[0])
    else:
        octets = str(environ.get("PATH_INFO", "/")).encode("latin-1")
    try:
        return octets.decode() or "/"
    except UnicodeDecodeError as error:
        raise S3Error("InvalidURI", "Couldn't parse the specified URI.") from error
