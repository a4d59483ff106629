"""Our S3 beside moto's: the same boto3 calls must get the same answers.

The calls are those that moto answers as S3 does. Left out are the few it doesn't: it ignores a wrong checksum, copy
conditions and `If-Match: *`, accepts any bucket name and any unit of a range, pages by ETag, and fails on unknown
upload ids and on control characters in XML.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from runtime.embedded import Embedded
from runtime.transport import Pieces, Raw

Call = tuple[str, dict[str, Any]]
MB = 1024 * 1024
# Clock, identity and secrets of an answer; what moto leaves out (types of checksums, echoes); hosts.
IGNORED = {
    *("ResponseMetadata", "LastModified", "Initiated", "Owner", "Initiator", "StorageClass"),
    *("ServerSideEncryption", "UploadId", "NextContinuationToken", "ChecksumType"),
    *("ChecksumAlgorithm", "Marker", "KeyMarker", "UploadIdMarker", "Location", "VersionId"),
}
TAG = '"781e5e245d69b566979b86e28d23f2c7"'  # of 0123456789
PAST, FUTURE = dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1)
ODD_KEYS = [
    *("a b", "é/ü", "100%", "a+b", "a//b", "folder/", "..", "../x", "x/../y", ".", "./k", "~"),
    *("'q'", "a&b<c>", "%2F", "%", "tab\tkey", "line\nkey", "\U0001f600", "k" * 1024),
    *("?q=1", "#h", ";s", "a\\b", "@:$,=!*()", "/lead", "//", '"'),
]
_BUCKETS = itertools.count(1)
FILE: dict[str, Any] = {"Key": "k"}
BIG: dict[str, Any] = {"Key": "big", "UploadId": "LAST"}
FULL: dict[str, Any] = {
    "Body": b"0123456789",
    "ContentType": "text/csv",
    "Metadata": {"A": "b"},
    "CacheControl": "no-store",
    "ContentDisposition": "attachment",
    "ContentEncoding": "gzip",
    "ContentLanguage": "en",
}


def moto_client() -> Any:
    from moto.core.botocore_stubber import BotocoreStubber

    stubber = BotocoreStubber()

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        status, headers, body = stubber.process_request(request)  # type: ignore[misc]
        raw = Raw(Pieces([body.encode() if isinstance(body, str) else body]))
        return AWSResponse(request.url, status, headers, raw)

    session = boto3.Session(
        aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )
    session.events.register("before-send", send)
    return session.client("s3")


def plain(value: Any) -> Any:
    """An answer without what may differ."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items() if name not in IGNORED}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value.read() if hasattr(value, "read") else value


class Side:
    """One of the two: a client, its bucket, and the last multipart upload it began."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket, self.upload = client, bucket, "0" * 32

    def answer(self, operation: str, asked: dict[str, Any]) -> Any:
        asked = {"Bucket": self.bucket, **asked}
        if asked.get("UploadId") == "LAST":
            asked["UploadId"] = self.upload
        if isinstance(asked.get("CopySource"), str):
            asked["CopySource"] = {"Bucket": self.bucket, "Key": asked["CopySource"]}
        try:
            found = getattr(self.client, operation)(**asked)
        except ClientError as error:
            found = error.response
            status = found["ResponseMetadata"]["HTTPStatusCode"]
            # In process moto gives HEAD's answers a body, which HTTP has no room for.
            return status, "" if operation.startswith("head_") else found["Error"]["Code"]
        self.upload = found.get("UploadId", self.upload)
        if operation == "complete_multipart_upload":
            found.pop("ChecksumCRC32", None)  # moto makes none of the parts' checksums
        return found["ResponseMetadata"]["HTTPStatusCode"], plain(found)


class Pair:
    def __init__(self, ours: Any, theirs: Any) -> None:
        self._clients = ours, theirs

    def same(self, calls: list[Call], *, create: bool = True) -> None:
        bucket = f"pair-{next(_BUCKETS)}"
        ours, theirs = (Side(client, bucket) for client in self._clients)
        start: list[Call] = [("create_bucket", {})] if create else []
        for operation, asked in [*start, *calls]:
            told = f"{operation} {asked}"[:300]
            assert (told, ours.answer(operation, asked)) == (told, theirs.answer(operation, asked))


@pytest.fixture(scope="module")
def pair(embedded: Embedded) -> Pair:
    return Pair(embedded.boto_session("us-east-1").client("s3"), moto_client())


def test_without_a_bucket(pair: Pair) -> None:
    calls: list[Call] = [
        *[(name, {}) for name in ("head_bucket", "list_objects", "list_objects_v2")],
        *[(name, {}) for name in ("list_multipart_uploads", "get_bucket_location")],
        *[(f"{verb}_object", FILE) for verb in ("get", "head", "delete", "put")],
        ("delete_objects", {"Delete": {"Objects": [FILE]}}),
        ("create_multipart_upload", FILE),
        ("delete_bucket", {}),
        *[("create_bucket", {"Bucket": name}) for name in ("ab", "x" * 64)],
    ]
    pair.same(calls, create=False)


def test_buckets(pair: Pair) -> None:
    pair.same(
        [
            *[(name, {}) for name in ("create_bucket", "head_bucket", "get_bucket_location")],
            ("put_object", FILE),
            ("delete_bucket", {}),
            ("delete_object", FILE),
            ("delete_bucket", {}),
            ("head_bucket", {}),
        ]
    )


def test_one_object_read_in_every_way(pair: Pair) -> None:
    ranges = ["0-0", "2-4", "5-", "-3", "9-100", "10-", "-0", "4-2", "a", "0-1,3-4"]
    conditions: list[dict[str, Any]] = [
        *({"IfMatch": tag} for tag in ('"x"', TAG)),
        *({"IfNoneMatch": tag} for tag in ('"x"', TAG)),
        *({"IfModifiedSince": date} for date in (PAST, FUTURE)),
        *({"IfUnmodifiedSince": date} for date in (PAST, FUTURE)),
    ]
    replaced = {"ResponseContentType": "x/y", "ResponseCacheControl": "max-age=1"}
    put: Call = ("put_object", {**FILE, **FULL})
    pair.same(
        [
            *[("get_object", FILE), ("head_object", FILE), put],
            *[("get_object", {**FILE, "Range": f"bytes={text}"}) for text in ranges],
            *[("head_object", {**FILE, "Range": f"bytes={text}"}) for text in ("2-4", "10-")],
            *[("get_object", {**FILE, **condition}) for condition in conditions],
            *[("head_object", {**FILE, **condition}) for condition in conditions],
            ("get_object", {**FILE, **replaced}),
            ("get_object", {**FILE, "ChecksumMode": "ENABLED"}),
            *[("delete_object", FILE)] * 2,
            ("get_object", FILE),
        ]
    )


def test_writes_under_conditions(pair: Pair) -> None:
    pair.same(
        [
            ("put_object", {**FILE, "Body": b"1", "IfNoneMatch": "*"}),
            ("put_object", {**FILE, "Body": b"2", "IfNoneMatch": "*"}),
            ("put_object", {**FILE, "Body": b"2", "IfMatch": '"x"'}),
            ("put_object", {"Key": "new", "Body": b"2", "IfMatch": '"x"'}),
            ("get_object", FILE),
        ]
    )


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys(pair: Pair, key: str) -> None:
    named = {"Key": key}
    pair.same(
        [
            ("put_object", {**named, "Body": key.encode()}),
            ("get_object", named),
            ("head_object", named),
            ("list_objects_v2", {}),
            ("list_objects_v2", {"Prefix": key[:1], "Delimiter": "/"}),
            ("copy_object", {"Key": "copy", "CopySource": key}),
            ("get_object", {"Key": "copy"}),
            ("delete_objects", {"Delete": {"Objects": [named]}}),
            ("list_objects_v2", {}),
        ]
    )


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
def test_listings(pair: Pair, operation: str) -> None:
    keys = ["a", "a/1", "a/2", "b b/x", "b b/y/z", "c", "d//e", "é/ü"]
    # The older operation encodes its prefix, and neither moto nor boto3 takes that off.
    spaced = ("b b", "b b/") if operation == "list_objects_v2" else ()
    views: list[dict[str, Any]] = [
        {"Prefix": "a"},
        *({"Prefix": prefix, "Delimiter": "/"} for prefix in ("/", "a", "a/", "no", *spaced)),
        *({"Prefix": "a", "Delimiter": text} for text in ("1", "/1")),
        {"Prefix": "a", "EncodingType": "url"},
        {"Prefix": "d", "MaxKeys": 0},
    ]
    pair.same(
        [
            *[("put_object", {"Key": key, "Body": b""}) for key in keys],
            *[(operation, view) for view in views],
        ]
    )


def test_copies(pair: Pair) -> None:
    replaced = {"MetadataDirective": "REPLACE", "Metadata": {"x": "y"}, "ContentType": "a/b"}
    pair.same(
        [
            ("put_object", {**FILE, **FULL}),
            ("copy_object", {"Key": "copy", "CopySource": "k"}),
            ("get_object", {"Key": "copy"}),
            ("copy_object", {**FILE, "CopySource": "k"}),
            ("copy_object", {**FILE, "CopySource": "k", **replaced}),
            ("get_object", FILE),
            ("copy_object", {**FILE, "CopySource": "nowhere"}),
            ("copy_object", {**FILE, "CopySource": {"Bucket": "no-bucket", "Key": "k"}}),
        ]
    )


def test_a_multipart_upload(pair: Pair) -> None:
    tags = ('"79b281060d337b9b2b84ccf390adcf74"', '"7aea2552dfe7eb84b9443b6fc9ba6e01"')
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
    missing = [{"PartNumber": 3, "ETag": tags[0]}]

    def completing(chosen: list[dict[str, Any]]) -> Call:
        return "complete_multipart_upload", {**BIG, "MultipartUpload": {"Parts": chosen}}

    pair.same(
        [
            ("list_parts", BIG),
            ("abort_multipart_upload", BIG),
            (
                "create_multipart_upload",
                {"Key": "big", "ContentType": "x/y", "Metadata": {"m": "1"}},
            ),
            ("upload_part", {**BIG, "PartNumber": 1, "Body": b"a" * 5 * MB}),
            ("upload_part", {**BIG, "PartNumber": 2, "Body": b"tail"}),
            ("upload_part", {**BIG, "PartNumber": 10_001, "Body": b"tail"}),
            ("head_object", {"Key": "big"}),
            *[completing(chosen) for chosen in ([], missing)],
            completing(parts),
            ("head_object", {"Key": "big"}),
            ("get_object", {"Key": "big", "Range": "bytes=-4"}),
            ("list_parts", BIG),
        ]
    )


def test_a_part_copied_and_an_upload_abandoned(pair: Pair) -> None:
    source = {"CopySource": "k", "CopySourceRange": "bytes=0-1"}
    pair.same(
        [
            ("put_object", {**FILE, **FULL}),
            ("create_multipart_upload", {"Key": "big"}),
            ("upload_part_copy", {**BIG, "PartNumber": 1, **source}),
            ("list_parts", BIG),
            *[("abort_multipart_upload", BIG)] * 2,
            ("head_object", {"Key": "big"}),
        ]
    )


keys = st.sampled_from(["a", "a/b", "a b", "a//b", "b/", "é", "%41"])
bodies = st.sampled_from([b"", b"1", b"two"])
sequences = st.lists(
    st.one_of(
        st.builds(lambda key, body: ("put_object", {"Key": key, "Body": body}), keys, bodies),
        st.builds(
            lambda verb, key: (f"{verb}_object", {"Key": key}),
            st.sampled_from(["get", "head", "delete"]),
            keys,
        ),
        st.builds(lambda to, key: ("copy_object", {"Key": to, "CopySource": key}), keys, keys),
        st.builds(
            lambda chosen: (
                "delete_objects",
                {"Delete": {"Objects": [{"Key": key} for key in sorted(chosen)]}},
            ),
            st.sets(keys, min_size=1, max_size=3),
        ),
        st.builds(
            lambda prefix, delimiter: (
                "list_objects_v2",
                {"Prefix": prefix, "Delimiter": delimiter},
            ),
            st.sampled_from(["", "a", "a/", "b"]),
            st.sampled_from(["", "/", " "]),
        ),
        st.just(("delete_bucket", {})),
    ),
    max_size=12,
)


@given(sequences)
def test_any_sequence_of_calls(pair: Pair, calls: list[Call]) -> None:
    pair.same(calls)
