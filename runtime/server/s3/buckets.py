"""Operations on the service and on buckets."""

from __future__ import annotations

import re

from runtime.clock import iso
from runtime.server.s3.errors import S3Error
from runtime.server.s3.request import S3Request, S3Response
from runtime.server.s3.store import Store, document
from runtime.server.s3.xml import Pair, render
from runtime.storage._base import BucketNotEmpty

_NAME = re.compile(r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# The region whose name S3 leaves empty, and where creating an own bucket again is no error.
_CLASSIC_REGION = "us-east-1"
_MAX_BODY = 64 * 1024


def list_buckets(store: Store, request: S3Request) -> S3Response:
    prefix = request.query.get("prefix", "")
    buckets: list[Pair] = [
        ("Bucket", [("Name", name), ("CreationDate", iso(created))])
        for name, created in sorted(store.objects.buckets().items())
        if name.startswith(prefix) and not name.startswith(".")
    ]
    owner: list[Pair] = [("ID", store.settings.account), ("DisplayName", "local")]
    return document("ListAllMyBucketsResult", [("Owner", owner), ("Buckets", buckets)])


def create_bucket(store: Store, request: S3Request) -> S3Response:
    request.body.read_all(_MAX_BODY)
    if not _NAME.fullmatch(request.bucket):
        raise S3Error(
            "InvalidBucketName",
            "The specified bucket is not valid: 3 to 63 lower-case letters, digits, dots and hyphens.",
            BucketName=request.bucket,
        )
    exists = request.bucket in store.objects.buckets()
    if exists and store.settings.region != _CLASSIC_REGION:
        raise S3Error(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            BucketName=request.bucket,
        )
    store.objects.create_bucket(request.bucket)
    return S3Response(headers={"location": f"/{request.bucket}"})


def head_bucket(store: Store, request: S3Request) -> S3Response:
    store.require(request.bucket)
    return S3Response(headers={"x-amz-bucket-region": store.settings.region})


def delete_bucket(store: Store, request: S3Request) -> S3Response:
    try:
        store.objects.delete_bucket(request.bucket)
    except BucketNotEmpty as error:
        raise S3Error(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
            BucketName=request.bucket,
        ) from error
    return S3Response(204)


def get_bucket_location(store: Store, request: S3Request) -> S3Response:
    store.require(request.bucket)
    region = store.settings.region
    name = "" if region == _CLASSIC_REGION else region
    text = render("LocationConstraint", []).decode().replace("></", f">{name}</")
    return S3Response(headers={"content-type": "application/xml"}, body=[text.encode()])
