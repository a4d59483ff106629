"""S3 URIs, and reading what they name."""

from __future__ import annotations

import re

from runtime.storage._base import Objects

# The service's own pattern (S3Uri), without its https form, which no local object has.
_URI = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
# Property files and manifests are read into memory.
_TEXT_LIMIT = 64 * 1024 * 1024


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/some/key` -> (bucket, "some/key"). Raises ValueError."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"'{uri}' is not an S3 URI; it must look like s3://bucket/key")
    return match[1], match[2]


def join_uri(prefix: str, *parts: str) -> str:
    """Append path parts to a URI, with one slash between any two."""
    return "/".join([prefix.rstrip("/"), *(part.strip("/") for part in parts if part)])


def read_text(objects: Objects, uri: str) -> str:
    """The content of one small object. Raises StorageError; ValueError for a bad URI, size or encoding."""
    stored, file = objects.open(*split_uri(uri))
    with file:
        if stored.size > _TEXT_LIMIT:
            raise ValueError(
                f"{uri} has {stored.size} bytes; at most {_TEXT_LIMIT} are read as text"
            )
        return file.read().decode()
