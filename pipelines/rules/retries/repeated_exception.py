from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.retries._policies import policies


class RepeatedException(Rule):
    """An exception stands in two retry policies of a step.

    Policies are matched in order, so that the second one is never used for it.

    Wrong:
        [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 2}, {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 10}]

    Right:
        [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 10}]
    """

    code = "W7012"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: dict[tuple[str, str], str] = {}
        for policy in policies(subject):
            for where, exception in policy.exceptions:
                other = first.setdefault((policy.step.pointer, exception), where)
                if other != where:
                    yield Match(
                        where,
                        f"{exception} is handled already at {other}, and the first policy decides; remove one of them",
                    )
