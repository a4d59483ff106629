from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.retries._policies import policies

_LIMITS = ("MaxAttempts", "ExpireAfterMin")


class NoAttempts(Rule):
    """A retry policy allows no retry.

    MaxAttempts or ExpireAfterMin is 0. That has a meaning for Step.SERVICE_FAULT and Step.THROTTLING, which are
    retried without a policy too; for other exceptions the policy does nothing.

    Wrong:
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "MaxAttempts": 0}

    Right:
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "ExpireAfterMin": 180}
    """

    code = "W7013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for policy in policies(subject):
            exceptions = [exception for _, exception in policy.exceptions]
            if not exceptions or any(each.startswith("Step.") for each in exceptions):
                continue
            for member in _LIMITS:
                if policy.number(member) == 0:
                    yield Match(
                        f"{policy.pointer}/{member}",
                        f"{member} 0 retries never, as without the policy; raise it, or remove the policy",
                    )
