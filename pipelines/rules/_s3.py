"""The S3 URIs that stand in requests."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._members import Member
from pipelines.rules._subject import Subject

_SCHEME = "s3://"


def uris(subject: Subject) -> Iterator[tuple[Member, str]]:
    """Members that take an S3 URI, with the text as far as it is known; what the API's pattern refuses is left out."""
    for member in subject.members:
        if "s3)://" in subject.shapes[member.shape].get("pattern", ""):
            text = subject.rendered(member.value)
            if (
                text
                and text.strip().startswith(_SCHEME)
                and text.strip()[len(_SCHEME) :][:1] != "/"
            ):
                yield member, text
