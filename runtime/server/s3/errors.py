"""S3's refusals."""

from __future__ import annotations

_STATUS = {
    "AccessDenied": 403,
    "BucketNotEmpty": 409,
    "BucketAlreadyOwnedByYou": 409,
    "InsufficientStorage": 507,  # not a word of S3's, whose disks are never full; clients don't retry it
    "InternalError": 500,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "NotModified": 304,
    "PreconditionFailed": 412,
}


class S3Error(Exception):
    """`code` in S3's own words decides the status; `details` are further members of the error document."""

    def __init__(self, code: str, message: str, **details: str) -> None:
        self.code = code
        self.message = message
        self.details = details
        self.status = _STATUS.get(code, 400)
        super().__init__(f"{code}: {message}")


def no_such_bucket(bucket: str) -> S3Error:
    return S3Error("NoSuchBucket", "The specified bucket does not exist", BucketName=bucket)


def no_such_key(key: str) -> S3Error:
    return S3Error("NoSuchKey", "The specified key does not exist.", Key=key)


def malformed_xml() -> S3Error:
    return S3Error(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
