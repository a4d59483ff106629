"""Conditional headers and byte ranges (RFC 9110)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from runtime.server.s3.errors import S3Error
from runtime.server.s3.request import S3Request
from runtime.storage._base import StoredObject

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def check_read(request: S3Request, found: StoredObject, prefix: str = "") -> None:
    """Raise PreconditionFailed or NotModified as If-Match, If-None-Match and the dates ask for.

    `prefix` is `x-amz-copy-source-` for the source of a copy, which has no NotModified.
    """
    match = request.header(f"{prefix}if-match")
    none_match = request.header(f"{prefix}if-none-match")
    modified_since = _seconds(request.header(f"{prefix}if-modified-since"))
    unmodified_since = _seconds(request.header(f"{prefix}if-unmodified-since"))
    modified = int(found.modified)
    if match is not None and not _names(match, found):
        raise _failed("If-Match")
    if match is None and unmodified_since is not None and modified > unmodified_since:
        raise _failed("If-Unmodified-Since")
    unchanged = (
        _names(none_match, found)
        if none_match is not None
        else modified_since is not None and modified <= modified_since
    )
    if unchanged:
        raise _failed("If-None-Match") if prefix else S3Error("NotModified", "Not Modified")


def check_write(request: S3Request, existing: StoredObject | None) -> None:
    """Raise what a conditional put meets: PreconditionFailed, or NoSuchKey under If-Match."""
    none_match, match = request.header("if-none-match"), request.header("if-match")
    if none_match is not None:
        if none_match != "*":
            raise S3Error(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            )
        if existing is not None:
            raise _failed("If-None-Match")
    if match is not None:
        if existing is None:
            raise S3Error("NoSuchKey", "The specified key does not exist.")
        if not _names(match, existing):
            raise _failed("If-Match")


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None for the whole object. Raises S3Error InvalidRange."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None  # absent, several ranges or another unit: the whole object, as S3 answers
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
        satisfiable = int(last) > 0 and size > 0
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None  # not a range at all
        satisfiable = start < size
    if not satisfiable:
        raise S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            ActualObjectSize=str(size),
            RangeRequested=str(header),
        )
    return start, end


def _names(header: str, found: StoredObject) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or found.etag in tags


def _seconds(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None  # a date nobody can read is no condition (RFC 9110, 13.1.3)


def _failed(condition: str) -> S3Error:
    return S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        Condition=condition,
    )
