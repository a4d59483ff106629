"""Multipart uploads: parts are objects of a hidden bucket until the upload is completed, so they survive a restart."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from runtime.clock import iso, now
from runtime.server.s3.conditions import byte_range
from runtime.server.s3.errors import S3Error, malformed_xml
from runtime.server.s3.objects import Content, copy_source, read_xml
from runtime.server.s3.payload import Crc32
from runtime.server.s3.request import S3Request, S3Response
from runtime.server.s3.store import Store, document, positive
from runtime.server.s3.upload import Upload, checksum_headers, kept_headers
from runtime.server.s3.xml import Pair, parse
from runtime.storage._base import StoredObject

# No client can address it: bucket names that start with a dot are refused at the front.
HIDDEN_BUCKET = ".uploads"
_KIND = "S3Upload"
_MAX_PARTS = 10_000
_MIN_PART = 5 * 1024 * 1024  # bytes, of every part but the last
_CRC32 = "x-amz-checksum-crc32"


def create_multipart_upload(store: Store, request: S3Request) -> S3Response:
    store.require(request.bucket)
    upload_id = uuid.uuid4().hex
    record = {
        "UploadId": upload_id,
        "Bucket": request.bucket,
        "Key": request.key,
        "Initiated": now(),
        "ContentType": request.header("content-type"),
        "Metadata": kept_headers(request),
    }
    store.objects.create_bucket(HIDDEN_BUCKET)
    store.records.insert(_KIND, upload_id, record)
    members: list[Pair] = [
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("UploadId", upload_id),
    ]
    return document("InitiateMultipartUploadResult", members)


def upload_part(store: Store, request: S3Request) -> S3Response:
    upload_id = _upload(store, request)["UploadId"]
    upload = Upload(request)
    stored = store.objects.put(
        HIDDEN_BUCKET, _part_key(upload_id, request), upload.source, metadata=upload.metadata
    )
    headers = checksum_headers(stored.metadata)
    headers.pop("x-amz-checksum-type", None)
    return S3Response(headers={"etag": f'"{stored.etag}"', **headers})


def upload_part_copy(store: Store, request: S3Request) -> S3Response:
    upload_id = _upload(store, request)["UploadId"]
    with copy_source(store, request) as (source, file):
        wanted = byte_range(request.header("x-amz-copy-source-range"), source.size)
        content = cast(BinaryIO, Content(file, *(wanted or (0, source.size - 1))))
        stored = store.objects.put(HIDDEN_BUCKET, _part_key(upload_id, request), content)
    members: list[Pair] = [("ETag", f'"{stored.etag}"'), ("LastModified", iso(stored.modified))]
    return document("CopyPartResult", members)


def complete_multipart_upload(store: Store, request: S3Request) -> S3Response:
    record = _upload(store, request)
    named = _named_parts(read_xml(request))
    parts = _check_parts(named, _parts(store, record["UploadId"]))
    checksum = _composite_crc32(parts)
    with store.write_condition(request) as settle:
        settle()
        stored = store.objects.put(
            request.bucket,
            request.key,
            cast(BinaryIO, Joined(parts)),
            content_type=record["ContentType"],
            metadata={**record["Metadata"], **checksum},
            etag=_composite_etag(parts),
        )
    _forget(store, record["UploadId"])
    members: list[Pair] = [
        ("Location", f"/{request.bucket}/{request.key}"),
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("ETag", f'"{stored.etag}"'),
        ("ChecksumCRC32", checksum.get(_CRC32)),
        ("ChecksumType", "COMPOSITE" if checksum else None),
    ]
    return document("CompleteMultipartUploadResult", members)


def abort_multipart_upload(store: Store, request: S3Request) -> S3Response:
    _forget(store, _upload(store, request)["UploadId"])
    return S3Response(204)


def list_parts(store: Store, request: S3Request) -> S3Response:
    upload_id = _upload(store, request)["UploadId"]
    after = positive(request, "part-number-marker", 0)
    limit = min(positive(request, "max-parts", 1000), 1000)
    found = [entry for entry in _parts(store, upload_id).items() if entry[0] > after]
    page = found[:limit]
    members: list[Pair] = [
        ("Bucket", request.bucket),
        ("Key", request.key),
        ("UploadId", upload_id),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", page[-1][0] if page else 0),
        ("MaxParts", limit),
        ("IsTruncated", len(found) > limit),
        ("StorageClass", "STANDARD"),
        *(("Part", _part_members(number, part)) for number, part in page),
    ]
    return document("ListPartsResult", members)


def list_multipart_uploads(store: Store, request: S3Request) -> S3Response:
    store.require(request.bucket)
    prefix = request.query.get("prefix", "")
    uploads = [
        record
        for record in store.records.list(_KIND)
        if record["Bucket"] == request.bucket and record["Key"].startswith(prefix)
    ]
    members: list[Pair] = [
        ("Bucket", request.bucket),
        ("Prefix", prefix),
        ("MaxUploads", 1000),
        ("IsTruncated", False),
    ]
    for record in sorted(uploads, key=lambda record: (record["Key"], record["Initiated"])):
        entry: list[Pair] = [("Key", record["Key"]), ("UploadId", record["UploadId"])]
        members.append(("Upload", [*entry, ("Initiated", iso(record["Initiated"]))]))
    return document("ListMultipartUploadsResult", members)


class Joined:
    """The parts one after another, as one stream."""

    def __init__(self, parts: list[StoredObject]) -> None:
        self._pieces = self._read_all(parts)

    def read(self, size: int = -1) -> bytes:
        """The next piece; its length is the reader's of the parts, whatever was asked for."""
        return next(self._pieces, b"")

    def _read_all(self, parts: list[StoredObject]) -> Iterator[bytes]:
        for part in parts:
            with part.path.open("rb") as stream:
                while data := stream.read(1024 * 1024):
                    yield data


def _upload(store: Store, request: S3Request) -> dict[str, Any]:
    record = store.records.get(_KIND, request.query["uploadId"])
    if record is None or (record["Bucket"], record["Key"]) != (request.bucket, request.key):
        raise S3Error(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, "
            "or the upload may have been aborted or completed.",
            UploadId=request.query["uploadId"],
        )
    return record


def _part_key(upload_id: str, request: S3Request) -> str:
    number = positive(request, "partNumber", 0)
    if not 1 <= number <= _MAX_PARTS:
        raise S3Error(
            "InvalidArgument",
            f"Part number must be an integer between 1 and {_MAX_PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=str(number),
        )
    return f"{upload_id}/{number:05d}"


def _parts(store: Store, upload_id: str) -> dict[int, StoredObject]:
    found = store.objects.list(HIDDEN_BUCKET, f"{upload_id}/")
    return {int(part.key.rpartition("/")[2]): part for part in found}


def _part_members(number: int, part: StoredObject) -> list[Pair]:
    return [
        ("PartNumber", number),
        ("LastModified", iso(part.modified)),
        ("ETag", f'"{part.etag}"'),
        ("Size", part.size),
        ("ChecksumCRC32", part.metadata.get(_CRC32)),
    ]


def _named_parts(body: bytes) -> list[tuple[int, str]]:
    named = []
    for element in parse(body).iter("Part"):
        number, etag = element.findtext("PartNumber") or "", element.findtext("ETag") or ""
        if not (number.isascii() and number.isdecimal() and len(number) <= 5):
            raise malformed_xml()
        named.append((int(number), etag.strip('"')))
    if not named:
        raise malformed_xml()
    return named


def _check_parts(
    named: list[tuple[int, str]], there: dict[int, StoredObject]
) -> list[StoredObject]:
    numbers = [number for number, _ in named]
    if numbers != sorted(set(numbers)):
        raise S3Error(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list must be specified in order "
            "by part number.",
        )
    for number, etag in named:
        if number not in there or there[number].etag != etag:
            raise S3Error(
                "InvalidPart",
                "One or more of the specified parts could not be found. The part might not have been "
                "uploaded, or the specified entity tag might not have matched the part's entity tag.",
                PartNumber=str(number),
            )
    parts = [there[number] for number in numbers]
    for part in parts[:-1]:
        if part.size < _MIN_PART:
            raise S3Error(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=str(part.size),
                MinSizeAllowed=str(_MIN_PART),
            )
    return parts


def _composite_etag(parts: list[StoredObject]) -> str:
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _composite_crc32(parts: list[StoredObject]) -> dict[str, str]:
    """The checksum of the parts' checksums; nothing when a part came without one."""
    checksum = Crc32()
    for part in parts:
        if _CRC32 not in part.metadata:
            return {}
        checksum.update(base64.b64decode(part.metadata[_CRC32]))
    return {_CRC32: f"{base64.b64encode(checksum.digest()).decode()}-{len(parts)}"}


def _forget(store: Store, upload_id: str) -> None:
    for part in store.objects.list(HIDDEN_BUCKET, f"{upload_id}/"):
        store.objects.delete(HIDDEN_BUCKET, part.key)
    store.records.delete(_KIND, upload_id)
