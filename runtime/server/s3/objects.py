"""Operations on objects: get, head, put, copy, delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO
from urllib.parse import unquote

from runtime.clock import iso
from runtime.server.s3.conditions import byte_range, check_read
from runtime.server.s3.errors import S3Error, malformed_xml
from runtime.server.s3.payload import Payload
from runtime.server.s3.request import S3Request, S3Response
from runtime.server.s3.store import Store, document, http_date
from runtime.server.s3.upload import Upload, checksum_headers, kept_headers
from runtime.server.s3.xml import Pair, parse
from runtime.storage._base import StoredObject

_PIECE = 256 * 1024
_MAX_DELETES = 1000
_MAX_XML = 8 * 1024 * 1024
_OVERRIDES = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)


class Content:
    """The bytes first..last of an open file; closing it closes the file."""

    def __init__(self, file: BinaryIO, first: int, last: int) -> None:
        self._file = file
        self._file.seek(first)
        self._left = last - first + 1

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(_PIECE):
            yield data

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def get_object(store: Store, request: S3Request) -> S3Response:
    found, file = store.open(request.bucket, request.key)
    with ExitStack() as undo:
        undo.callback(file.close)
        check_read(request, found)
        wanted = byte_range(request.header("range"), found.size)
        first, last = wanted or (0, found.size - 1)
        status, headers = _object_headers(request, found, wanted)
        undo.pop_all()
    return S3Response(status, headers, Content(file, first, last))


def head_object(store: Store, request: S3Request) -> S3Response:
    found = store.find(request.bucket, request.key)
    check_read(request, found)
    status, headers = _object_headers(
        request, found, byte_range(request.header("range"), found.size)
    )
    return S3Response(status, headers)


def put_object(store: Store, request: S3Request) -> S3Response:
    store.require(request.bucket)
    with store.write_condition(request) as settle:
        upload = Upload(request, settle)
        stored = store.objects.put(
            request.bucket,
            request.key,
            upload.source,
            content_type=request.header("content-type"),
            metadata=upload.metadata,
        )
    return S3Response(headers={"etag": f'"{stored.etag}"', **checksum_headers(stored.metadata)})


def copy_object(store: Store, request: S3Request) -> S3Response:
    with copy_source(store, request) as (source, file):
        return _copy(store, request, source, file)


def _copy(store: Store, request: S3Request, source: StoredObject, file: BinaryIO) -> S3Response:
    replaces = (request.header("x-amz-metadata-directive") or "COPY").upper() == "REPLACE"
    if not replaces and (source.bucket, source.key) == (request.bucket, request.key):
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself "
            "without changing the object's metadata.",
        )
    described, checksums = _split(source)
    with store.write_condition(request) as settle:
        settle()
        stored = store.objects.put(
            request.bucket,
            request.key,
            file,
            content_type=request.header("content-type") if replaces else source.content_type,
            metadata={**(kept_headers(request) if replaces else described), **checksums},
        )
    members: list[Pair] = [("ETag", f'"{stored.etag}"'), ("LastModified", iso(stored.modified))]
    for name, value in checksums.items():
        members.append((f"Checksum{name.removeprefix('x-amz-checksum-').upper()}", value))
    return document("CopyObjectResult", members)


@contextmanager
def copy_source(store: Store, request: S3Request) -> Iterator[tuple[StoredObject, BinaryIO]]:
    """The object that x-amz-copy-source names, and its content, when its conditions hold."""
    text = unquote((request.header("x-amz-copy-source") or "").partition("?")[0])
    bucket, _, key = text.removeprefix("/").partition("/")
    if not bucket or not key or bucket.startswith("."):
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    source, file = store.open(bucket, key)
    with file:
        check_read(request, source, "x-amz-copy-source-")
        yield source, file


def delete_object(store: Store, request: S3Request) -> S3Response:
    store.objects.delete(request.bucket, request.key)
    return S3Response(204)


def delete_objects(store: Store, request: S3Request) -> S3Response:
    body = read_xml(request)
    root = parse(body)
    keys = [element.findtext("Key") for element in root.iter("Object")]
    if not keys or len(keys) > _MAX_DELETES or None in keys:
        raise malformed_xml()
    quiet = root.findtext("Quiet") == "true"
    deleted: list[Pair] = []
    for key in keys:
        store.objects.delete(request.bucket, key or "")
        if not quiet:
            deleted.append(("Deleted", [("Key", key)]))
    return document("DeleteResult", deleted)


def read_xml(request: S3Request) -> bytes:
    """The verified body of a request that carries a document."""
    payload = Payload(request)
    pieces, total = [], 0
    while data := payload.read(_PIECE):
        pieces.append(data)
        total += len(data)
        if total > _MAX_XML:
            raise S3Error("MaxMessageLengthExceeded", "Your request was too big.")
    return b"".join(pieces)


def _split(source: StoredObject) -> tuple[dict[str, str], dict[str, str]]:
    """What a copy takes over: the headers that describe the object, and the checksum of its content."""
    found = checksum_headers(source.metadata)
    # A composite checksum belongs to the parts of an upload; the copy is one piece.
    whole = found.pop("x-amz-checksum-type", "") == "FULL_OBJECT"
    described = {name: value for name, value in source.metadata.items() if name not in found}
    return described, found if whole else {}


def _object_headers(
    request: S3Request, found: StoredObject, wanted: tuple[int, int] | None
) -> tuple[int, dict[str, str]]:
    size = found.size if wanted is None else wanted[1] - wanted[0] + 1
    checksums = checksum_headers(found.metadata)
    kept = {n: v for n, v in found.metadata.items() if n not in checksums}
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(size),
        "content-type": found.content_type,
        "etag": f'"{found.etag}"',
        "last-modified": http_date(found.modified),
        **kept,
    }
    if wanted is None and (request.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
        headers.update(checksums)
    for name in _OVERRIDES:
        if value := request.query.get(f"response-{name}"):
            if not value.isprintable():  # a line break would begin a header of its own
                raise S3Error("InvalidArgument", f"response-{name} has a control character")
            headers[name] = value
    if wanted is None:
        return 200, headers
    headers["content-range"] = f"bytes {wanted[0]}-{wanted[1]}/{found.size}"
    return 206, headers
