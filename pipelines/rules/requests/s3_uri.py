from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._s3 import uris
from pipelines.rules._subject import Subject

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


class S3Uri(Rule):
    """An S3 URI has spaces at its ends, or a bucket name that S3 does not allow.

    The API's pattern takes any bucket and any key, so the mistake shows when the job looks for its data. Bucket names
    have 3 to 63 lower-case letters, digits, dots and hyphens, and start and end with a letter or digit.

    Wrong:
        {"S3Uri": "s3://My_Bucket/data"}

    Right:
        {"S3Uri": "s3://my-bucket/data"}
    """

    code = "E2012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, text in uris(subject):
            if text != text.strip():
                yield Match(member.pointer, f"'{text}' has white space at an end; remove it")
                continue
            bucket = text.removeprefix("s3://").partition("/")[0]
            if problem := _refusal(bucket):
                yield Match(member.pointer, f"bucket '{bucket}' of '{text}' {problem}")


def _refusal(bucket: str) -> str | None:
    if "{" in bucket or bucket.startswith("arn:"):
        return None  # known at start, or an access point
    if not 3 <= len(bucket) <= 63:
        return f"has {len(bucket)} characters; a bucket name has 3 to 63"
    if bucket != bucket.lower():
        return f"has capital letters; did you mean '{bucket.lower()}'?"
    if not _BUCKET.fullmatch(bucket):
        return (
            "is no bucket name: letters, digits, dots and hyphens, first and last a letter or digit"
        )
    if ".." in bucket or _ADDRESS.fullmatch(bucket):
        return "is no bucket name: it has two dots in a row, or is an IP address"
    return None
