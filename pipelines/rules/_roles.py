"""The roles that the jobs and models of a definition run with."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._members import Member
from pipelines.rules._subject import Subject


def roles(subject: Subject) -> Iterator[tuple[Member, str]]:
    """Members that take a role, with the ARN where the document tells it."""
    for member in subject.members:
        if member.shape == "RoleArn":
            arn = subject.rendered(member.value)
            if arn and "{" not in arn:
                yield member, arn
