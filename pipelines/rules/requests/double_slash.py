from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._s3 import uris
from pipelines.rules._subject import Subject


class DoubleSlash(Rule):
    """An S3 URI has an empty folder name: two slashes in a row.

    S3 takes it literally: `a//b` and `a/b` are different keys, and the step that reads the one finds nothing that was
    written to the other. Usually a part that ends with a slash was joined with another slash.

    Wrong:
        {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket/data/", "train"]}}}

    Right:
        {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket/data", "train"]}}}
    """

    code = "W2013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, text in uris(subject):
            # What a step hands on is told where it was written.
            if "//" in text.strip().removeprefix("s3://") and not _taken(member.value):
                yield Match(
                    member.pointer,
                    f"'{text}' has two slashes in a row, which S3 takes as a folder without a name; write one",
                )


def _taken(value: object) -> bool:
    return isinstance(value, dict) and str(value.get("Get", "")).startswith("Steps.")
