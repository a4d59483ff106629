from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._roles import roles
from pipelines.rules._subject import Subject


class RoleAccount(Rule):
    """Two steps have roles of different accounts.

    SageMaker takes a role of the account that the job runs in only, so one of the two steps always fails. Usually one
    was copied from another environment.

    Wrong:
        [{"RoleArn": "arn:aws:iam::111111111111:role/Jobs"}, {"RoleArn": "arn:aws:iam::222222222222:role/Jobs"}]

    Right:
        [{"RoleArn": "arn:aws:iam::111111111111:role/Jobs"}, {"RoleArn": "arn:aws:iam::111111111111:role/Jobs"}]
    """

    code = "E9017"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: tuple[str, str] | None = None
        for member, arn in roles(subject):
            match = re.match(r"arn:[a-z-]+:iam::(\d{12}):", arn)
            if match is None:
                continue
            first = first or (match[1], member.pointer)
            if match[1] != first[0]:
                yield Match(
                    member.pointer,
                    f"'{arn}' is of account {match[1]}, the role at {first[1]} of {first[0]}; jobs take roles of their "
                    "own account only",
                )
