from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._roles import roles
from pipelines.rules._subject import Subject


class SeveralRoles(Rule):
    """The steps of a pipeline run with several roles.

    That may be meant: a job that trains needs less than one that registers. The role that starts the pipeline has to
    be allowed to pass each of them.

    Wrong:
        [{"RoleArn": "arn:aws:iam::123456789012:role/Jobs"}, {"RoleArn": "arn:aws:iam::123456789012:role/Jobs2"}]

    Right:
        [{"RoleArn": "arn:aws:iam::123456789012:role/Jobs"}, {"RoleArn": "arn:aws:iam::123456789012:role/Jobs"}]
    """

    code = "I9018"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: dict[str, str] = {}
        for member, arn in roles(subject):
            if arn in first:
                continue
            if first:
                known = next(iter(first))
                yield Match(
                    member.pointer,
                    f"runs as '{arn}', other steps as '{known}' ({first[known]}); the pipeline's role must be allowed "
                    "to pass both",
                )
            first[arn] = member.pointer
