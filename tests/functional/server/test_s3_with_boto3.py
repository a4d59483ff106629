"""S3 as boto3 uses it."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.embedded import Embedded

MB = 1024 * 1024
_BUCKETS = itertools.count(1)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_buckets_are_created_found_and_deleted(s3: Any, name: str) -> None:
    assert refused(lambda: s3.head_bucket(Bucket=name)) == ("404", 404)
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)  # an own bucket in us-east-1: no error
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.put_object(Bucket=name, Key="k", Body=b"")
    assert refused(lambda: s3.delete_bucket(Bucket=name)) == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert refused(lambda: s3.list_objects_v2(Bucket=name)) == ("NoSuchBucket", 404)


def test_a_bucket_name_outside_the_rules_is_refused(s3: Any, url: str) -> None:
    assert refused(lambda: s3.create_bucket(Bucket="Under_Score")) == ("InvalidBucketName", 400)


def test_the_hidden_bucket_of_uploads_cannot_be_addressed(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/.uploads")


@pytest.mark.parametrize("key", ["a", "a b/+é%2F~.csv", "/lead", "a//b", "../up", "x" * 1000])
def test_an_object_comes_back_with_everything_it_was_put_with(
    s3: Any, bucket: str, key: str
) -> None:
    body = os.urandom(1000)
    put = s3.put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ContentType="text/csv",
        CacheControl="no-store",
        ContentEncoding="identity",
        Metadata={"rows": "3"},
    )
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == body
    assert put["ETag"] == got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ChecksumCRC32"] == got["ChecksumCRC32"]
    assert (got["ContentType"], got["CacheControl"]) == ("text/csv", "no-store")
    assert (got["ContentEncoding"], got["Metadata"]) == ("identity", {"rows": "3"})
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == 1000
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_what_is_not_there_is_refused_with_the_right_code(s3: Any, bucket: str) -> None:
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="no")) == ("NoSuchKey", 404)
    assert refused(lambda: s3.head_object(Bucket=bucket, Key="no")) == ("404", 404)
    assert refused(lambda: s3.get_object(Bucket="no-bucket", Key="k")) == ("NoSuchBucket", 404)
    assert refused(lambda: s3.put_object(Bucket="no-bucket", Key="k", Body=b"x" * MB)) == (
        "NoSuchBucket",
        404,
    )
    assert s3.delete_object(Bucket=bucket, Key="no")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(lambda: s3.get_bucket_policy(Bucket=bucket)) == ("NotImplemented", 501)


def test_ranges_give_parts_of_an_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    def part(text: str) -> tuple[bytes, str]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=text)
        return got["Body"].read(), got["ContentRange"]

    assert part("bytes=2-4") == (b"234", "bytes 2-4/10")
    assert part("bytes=-3") == (b"789", "bytes 7-9/10")
    assert refused(lambda: part("bytes=10-")) == ("InvalidRange", 416)


def test_conditions_decide_about_reads_and_writes(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    again = {"Bucket": bucket, "Key": "k", "Body": b"2"}
    assert refused(lambda: s3.put_object(**again, IfNoneMatch="*")) == ("PreconditionFailed", 412)
    assert refused(lambda: s3.put_object(**again, IfMatch='"x"')) == ("PreconditionFailed", 412)
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="k", IfMatch='"x"'))[1] == 412
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag))[1] == 304
    s3.put_object(**again, IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_of_many_who_put_if_absent_one_wins(s3: Any, bucket: str) -> None:
    outcomes: list[int] = []

    def put() -> None:
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")
            outcomes.append(200)
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200] + [412] * 7


@pytest.mark.parametrize("size", [100, 12 * MB])
def test_files_go_up_and_come_down(s3: Any, bucket: str, tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(size))
    s3.upload_file(str(source), bucket, "k", ExtraArgs={"Metadata": {"a": "b"}})
    s3.download_file(bucket, "k", str(target))
    assert target.read_bytes() == source.read_bytes()
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["Metadata"]) == (size, {"a": "b"})


def test_a_stream_without_a_length_can_be_uploaded(s3: Any, bucket: str) -> None:
    s3.upload_fileobj(io.BytesIO(b"x" * 6 * MB), bucket, "k", Config=TransferConfig(5 * MB))
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 6 * MB


def test_a_multipart_upload_is_one_object_only_when_it_is_completed(s3: Any, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "big"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
    bodies = [b"a" * 5 * MB, b"tail"]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=body)["ETag"]}
        for n, body in enumerate(bodies, start=1)
    ]
    assert refused(lambda: s3.head_object(**where)) == ("404", 404)
    assert [p["Size"] for p in s3.list_parts(**upload)["Parts"]] == [5 * MB, 4]
    [listed] = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert (listed["Key"], listed["UploadId"]) == ("big", upload["UploadId"])

    def complete(chosen: list[dict[str, Any]]) -> Any:
        return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": chosen})

    assert refused(lambda: complete(parts[::-1])) == ("InvalidPartOrder", 400)
    assert refused(lambda: complete([{"PartNumber": 9, "ETag": "x"}])) == ("InvalidPart", 400)
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert complete(parts)["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert s3.get_object(**where)["Body"].read() == b"".join(bodies)
    assert refused(lambda: s3.list_parts(**upload)) == ("NoSuchUpload", 404)


def test_small_parts_are_refused_and_an_aborted_upload_is_gone(s3: Any, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "big"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=b"x")["ETag"]}
        for n in (1, 2)
    ]
    code = refused(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}))
    assert code == ("EntityTooSmall", 400)
    s3.abort_multipart_upload(**upload)
    assert refused(lambda: s3.upload_part(**upload, PartNumber=1, Body=b"x"))[0] == "NoSuchUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_objects_are_copied_whole_and_in_parts(s3: Any, bucket: str) -> None:
    source = {"Bucket": bucket, "Key": "a b/é"}
    s3.put_object(**source, Body=b"0123456789", ContentType="text/csv", Metadata={"k": "v"})
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    copy = s3.get_object(Bucket=bucket, Key="copy")
    assert copy["Body"].read() == b"0123456789"
    assert (copy["ContentType"], copy["Metadata"]) == ("text/csv", {"k": "v"})
    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={}
    )
    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {}
    assert refused(lambda: s3.copy_object(**source, CopySource=source)) == ("InvalidRequest", 400)
    missing = {"Bucket": bucket, "Key": "no"}
    assert refused(lambda: s3.copy_object(Bucket=bucket, Key="x", CopySource=missing)) == (
        "NoSuchKey",
        404,
    )
    where = {"Bucket": bucket, "Key": "joined"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
    part = s3.upload_part_copy(
        **upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-4"
    )
    parts = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**where)["Body"].read() == b"234"


def test_a_listing_looks_like_folders_page_by_page(s3: Any, bucket: str) -> None:
    keys = ["a/1", "a/2", "b", "c d/f", "c d/é", "e"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for operation in ("list_objects_v2", "list_objects"):
        pages = s3.get_paginator(operation).paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
        )
        found = [
            entry.get("Key") or entry["Prefix"]
            for page in pages
            for entry in page.get("Contents", []) + page.get("CommonPrefixes", [])
        ]
        assert found == ["a/", "b", "c d/", "e"]
        flat = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
        assert [entry["Key"] for page in flat for entry in page["Contents"]] == keys
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b", Prefix="")
    assert [entry["Key"] for entry in after["Contents"]] == ["c d/f", "c d/é", "e"]
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0


names = st.text("ab/", min_size=1, max_size=5)


@settings(max_examples=20)
@given(
    st.sets(names, max_size=8),
    st.text("ab/", max_size=3),
    st.sampled_from(["", "/", "b", "//"]),
    st.integers(1, 4),
)
def test_all_pages_together_are_the_listing(
    embedded: Embedded, keys: set[str], prefix: str, delimiter: str, size: int
) -> None:
    s3 = embedded.boto_session().client("s3")
    bucket = f"pages-{next(_BUCKETS)}"
    s3.create_bucket(Bucket=bucket)
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key)
    expected = set()
    for key in keys:
        rest = key.removeprefix(prefix)
        if key.startswith(prefix):
            inside, found, _ = rest.partition(delimiter) if delimiter else (rest, "", "")
            expected.add(prefix + inside + found)
    for operation in ("list_objects_v2", "list_objects"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("runtime.server.s3.listing._BATCH", 2)
            pages = s3.get_paginator(operation).paginate(
                Bucket=bucket,
                Prefix=prefix,
                Delimiter=delimiter,
                PaginationConfig={"PageSize": size},
            )
            told = [
                sorted(
                    [entry["Key"] for entry in page.get("Contents", [])]
                    + [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
                )
                for page in pages
            ]
        assert [name for page in told for name in page] == sorted(expected)
        assert all(len(page) == size for page in told[:-1])


@pytest.mark.parametrize("token", ["", "nonsense", "Yg==", "é"])
def test_a_continuation_token_of_ones_own_making_is_refused(
    s3: Any, bucket: str, token: str
) -> None:
    call = partial(s3.list_objects_v2, Bucket=bucket, ContinuationToken=token)
    assert refused(call) == ("InvalidArgument", 400)


def test_many_objects_are_deleted_at_once(s3: Any, bucket: str) -> None:
    for key in ("a", "b&<c>"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    objects = [{"Key": key} for key in ("a", "b&<c>", "no")]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})["Deleted"]
    assert [entry["Key"] for entry in deleted] == ["a", "b&<c>", "no"]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
def test_presigned_urls_work_without_credentials(
    embedded: Embedded, url: str, bucket: str, signature: str
) -> None:
    config = Config(signature_version=signature)
    s3 = embedded.boto_session().client("s3", endpoint_url=url, config=config)
    where = {"Bucket": bucket, "Key": "a b"}
    put = s3.generate_presigned_url("put_object", Params=where)
    urllib.request.urlopen(urllib.request.Request(put, data=b"body", method="PUT")).close()
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", Params=where)) as answer:
        assert answer.read() == b"body"


def test_an_object_is_an_ordinary_file(s3: Any, bucket: str, embedded: Embedded) -> None:
    s3.put_object(Bucket=bucket, Key="folder/file.csv", Body=b"1,2\n")
    path = embedded.runtime.directory / "s3" / bucket / "folder" / "file.csv"
    assert path.read_bytes() == b"1,2\n"


def test_a_half_read_object_can_be_left(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 3 * MB)
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    assert body.read(10) == b"x" * 10
    body.close()
    assert s3.get_object(Bucket=bucket, Key="k")["ContentLength"] == 3 * MB


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_both_ways_of_addressing_a_bucket_work(
    embedded: Embedded, s3: Any, bucket: str, style: str
) -> None:
    session = embedded.boto_session("eu-west-1")
    client = session.client("s3", config=Config(s3={"addressing_style": style}))
    client.put_object(Bucket=bucket, Key="a//b", Body=b"1")
    assert client.get_object(Bucket=bucket, Key="a//b")["Body"].read() == b"1"
    assert s3.get_object(Bucket=bucket, Key="a//b")["Body"].read() == b"1"
