from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_WITHOUT = ("Condition", "Fail", "Lambda", "Callback", "ForEach")


class UnsupportedStep(Rule):
    """A step has retry policies that is of a type without retries.

    Processing, Training, Tuning, Transform, Model, RegisterModel and AutoML steps are retried. A Lambda function that
    may fail retries what it does itself.

    Wrong:
        {"Type": "Lambda", "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3}]}

    Right:
        {"Type": "Lambda"}
    """

    code = "E7010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.retry_policies and step.type in _WITHOUT:
                yield Match(
                    f"{step.pointer}/RetryPolicies",
                    f"{step.type} steps are not retried, so '{step.name}' cannot have RetryPolicies; remove them",
                )
