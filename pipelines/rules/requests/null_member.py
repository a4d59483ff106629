from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class NullMember(Rule):
    """A member of the Arguments is null.

    No API call has null for "not given", and that CreatePipeline takes it is not established. The SDK's own producers
    drop such members; a request written by hand, or built with `None` for what is not set, does not.

    Wrong:
        {"OutputDataConfig": {"S3OutputPath": "s3://bucket/models", "KmsKeyId": null}}

    Right:
        {"OutputDataConfig": {"S3OutputPath": "s3://bucket/models"}}
    """

    code = "W2010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if member.value is None:
                yield Match(
                    member.pointer,
                    f"'{member.name}' is null; leave the member out when it has no value",
                )
