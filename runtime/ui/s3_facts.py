"""What lies at an S3 URI and its digest, so that two models can be said to have had the same data or code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from runtime.storage._base import BucketMissing, ObjectMissing, StoredObject
from runtime.ui.site import Site

_MOST_OBJECTS = 1000
_LARGEST_TEXT = 1024 * 1024
# What we publish, and what the SDK uploads, has its SHA-256 in its key.
_IN_KEY = re.compile(r"/([0-9a-f]{64})/")


@dataclass(frozen=True)
class Facts:
    """`digest` is `kind`'s: sha256 of code by its key, ETag of an object, or one over a prefix's keys and ETags.

    `modified` is the latest write under the URI in epoch seconds; `count` is 0 when nothing is there any more.
    """

    uri: str
    count: int = 0
    size: int = 0
    digest: str = ""
    kind: str = ""
    modified: float = 0.0
    more: bool = False


def facts(site: Site, uri: str) -> Facts:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found = _objects(site, bucket, key)
    shown, more = found[:_MOST_OBJECTS], len(found) > _MOST_OBJECTS
    kind, digest = _digest(key, shown)
    return Facts(
        uri,
        len(shown),
        sum(each.size for each in shown),
        digest,
        kind,
        max((each.modified for each in shown), default=0.0),
        more,
    )


def text_at(site: Site, uri: str) -> str:
    """A small UTF-8 object's text; empty when there is none, or a large one."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        found, stream = site.objects.open(bucket, key)
    except (BucketMissing, ObjectMissing):
        return ""
    with stream:
        if found.size > _LARGEST_TEXT:
            return ""
        return str(stream.read(_LARGEST_TEXT).decode("utf-8", "replace"))


def is_code(uri: str) -> bool:
    return bool(_IN_KEY.search(uri)) or uri.endswith((".py", "/sourcedir.tar.gz"))


def _objects(site: Site, bucket: str, key: str) -> list[StoredObject]:
    try:
        return [site.objects.get(bucket, key)]
    except BucketMissing:
        return []
    except ObjectMissing:
        found: list[StoredObject] = site.objects.list(bucket, key, limit=_MOST_OBJECTS + 1)
        return found


def _digest(key: str, found: list[StoredObject]) -> tuple[str, str]:
    if match := _IN_KEY.search(f"/{key}"):
        return "SHA-256", match[1]
    if not found:
        return "", ""
    if len(found) == 1:
        return "ETag", found[0].etag
    lines = "".join(f"{each.key[len(key):]}\n{each.etag}\n" for each in found)
    return "digest of keys and ETags", hashlib.sha256(lines.encode()).hexdigest()[:32]
