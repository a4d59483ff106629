"""ListObjects, ListObjectsV2 and the folder view that prefix and delimiter make."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from runtime.clock import iso
from runtime.server.s3.errors import S3Error
from runtime.server.s3.request import S3Request, S3Response
from runtime.server.s3.store import Store, document, positive
from runtime.server.s3.xml import Pair
from runtime.storage._base import LAST, Objects, StoredObject

_MAX_KEYS = 1000
_BATCH = 500  # objects read at a time
_CONTINUES = "after:"  # what a continuation token says, before the name it continues behind


@dataclass(frozen=True)
class Page:
    """`last` is the last name on the page: a key or a common prefix."""

    objects: list[StoredObject]
    prefixes: list[str]
    truncated: bool
    last: str


def list_objects_v2(store: Store, request: S3Request) -> S3Response:
    query = request.query
    token = query.get("continuation-token")
    after = query.get("start-after", "") if token is None else _read_token(token)
    page = _page(store, request, after)
    name = _encoder(request)
    members: list[Pair] = [
        *_head(request),
        ("KeyCount", len(page.objects) + len(page.prefixes)),
        ("IsTruncated", page.truncated),
        ("ContinuationToken", token),
        ("NextContinuationToken", _token(page.last) if page.truncated else None),
        ("StartAfter", name(query["start-after"]) if query.get("start-after") else None),
        *_entries(store, request, page, owner=query.get("fetch-owner") == "true"),
    ]
    return document("ListBucketResult", members)


def list_objects(store: Store, request: S3Request) -> S3Response:
    marker = request.query.get("marker", "")
    page = _page(store, request, marker)
    name = _encoder(request)
    # The service gives NextMarker only with a delimiter; elsewhere the last key is the marker.
    following = name(page.last) if page.truncated and request.query.get("delimiter") else None
    members: list[Pair] = [
        *_head(request),
        ("Marker", name(marker)),
        ("NextMarker", following),
        ("IsTruncated", page.truncated),
        *_entries(store, request, page, owner=True),
    ]
    return document("ListBucketResult", members)


def _page(store: Store, request: S3Request, after: str) -> Page:
    prefix = request.query.get("prefix", "")
    delimiter = request.query.get("delimiter", "")
    limit = min(positive(request, "max-keys", _MAX_KEYS), _MAX_KEYS)
    objects: list[StoredObject] = []
    prefixes: list[str] = []
    last = ""
    store.require(request.bucket)
    found_names = names(store.objects, request.bucket, prefix, delimiter, after)
    for name, found in found_names if limit else ():
        if len(objects) + len(prefixes) == limit:
            return Page(objects, prefixes, True, last)
        if found is None:
            prefixes.append(name)
        else:
            objects.append(found)
        last = name
    return Page(objects, prefixes, False, last)


def names(
    objects: Objects, bucket: str, prefix: str, delimiter: str, after: str
) -> Iterator[tuple[str, StoredObject | None]]:
    """Keys and common prefixes after a name, in order; a prefix comes once, without an object."""
    folder = _folder(after, prefix, delimiter)
    if folder != after:
        folder = ""  # the name is a key in it: the folder itself was not told
    while True:
        # What lies in a folder that was told already is skipped without being read.
        start = f"{folder}{LAST}" if folder and after.startswith(folder) else after
        batch = objects.list(bucket, prefix, after=start, limit=_BATCH)
        for found in batch:
            after = found.key
            if folder and after.startswith(folder):
                continue
            folder = _folder(after, prefix, delimiter)
            yield (folder, None) if folder else (after, found)
        if len(batch) < _BATCH:
            return


def _folder(key: str, prefix: str, delimiter: str) -> str:
    """The common prefix that stands for the key; empty when it stands for itself."""
    inside = delimiter and key.startswith(prefix)
    end = key.find(delimiter, len(prefix)) if inside else -1
    return "" if end < 0 else key[: end + len(delimiter)]


def _head(request: S3Request) -> list[Pair]:
    name = _encoder(request)
    delimiter = request.query.get("delimiter")
    return [
        ("Name", request.bucket),
        ("Prefix", name(request.query.get("prefix", ""))),
        ("Delimiter", name(delimiter) if delimiter else None),
        ("MaxKeys", min(positive(request, "max-keys", _MAX_KEYS), _MAX_KEYS)),
        ("EncodingType", request.query.get("encoding-type")),
    ]


def _entries(store: Store, request: S3Request, page: Page, *, owner: bool) -> Iterator[Pair]:
    name = _encoder(request)
    for found in page.objects:
        members: list[Pair] = [
            ("Key", name(found.key)),
            ("LastModified", iso(found.modified)),
            ("ETag", f'"{found.etag}"'),
            ("Size", found.size),
            ("StorageClass", "STANDARD"),
        ]
        if owner:
            members.append(("Owner", [("ID", store.settings.account), ("DisplayName", "local")]))
        yield "Contents", members
    for prefix in page.prefixes:
        yield "CommonPrefixes", [("Prefix", name(prefix))]


class _Encoder:
    def __init__(self, encoding: str | None) -> None:
        if encoding not in (None, "", "url"):
            raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
        self._url = encoding == "url"

    def __call__(self, text: str) -> str:
        return quote(text, safe="/") if self._url else text


def _encoder(request: S3Request) -> _Encoder:
    return _Encoder(request.query.get("encoding-type"))


def _token(last: str) -> str:
    return base64.b64encode(f"{_CONTINUES}{last}".encode()).decode()


def _read_token(token: str) -> str:
    try:
        text = base64.b64decode(token.encode(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if not text.startswith(_CONTINUES):
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect")
    return text.removeprefix(_CONTINUES)
