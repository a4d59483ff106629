"""Where an object's file lies: the key's own path where a file system can take it, else a name made of its hash."""

from __future__ import annotations

import hashlib
import re

from runtime.storage._base import StorageError

_ESCAPED = ".escaped"
_BUCKET = re.compile(r"\.?[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MAX_SEGMENT = 255  # bytes, on every common file system
_MAX_KEY = 1024  # bytes, as in S3; deeper ones could pass PATH_MAX
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


def check_bucket(name: str) -> None:
    """Refuse a bucket name that could not be a folder of its own. Raises StorageError."""
    if not _BUCKET.fullmatch(name) or name == ".staging":
        raise StorageError(f"{name!r} cannot be the name of a bucket")


def candidates(bucket: str, key: str) -> list[str]:
    """Paths for a key relative to the root, best first; no key leads out of the bucket's folder."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    escaped = f"{bucket}/{_ESCAPED}/{digest}"
    return [f"{bucket}/{key}", escaped] if _is_plain(key) else [escaped]


def _is_plain(key: str) -> bool:
    segments = key.split("/")
    return (
        len(key.encode()) <= _MAX_KEY
        and not _UNSAFE.search(key)
        and segments[0] != _ESCAPED
        and all(
            segment not in ("", ".", "..") and len(segment.encode()) <= _MAX_SEGMENT
            for segment in segments
        )
    )
