from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.retries._policies import policies

_JOB_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
_NO_JOB = "it makes no job; only Step.SERVICE_FAULT and Step.THROTTLING occur"
_RETRY_STRATEGY = (
    "its training jobs are retried by RetryStrategy of the TrainingJobDefinition instead"
)
_JOBS = ("Processing", "Training", "Transform")
# Step type -> exceptions that it never meets (or all with this beginning), and why.
_NEVER = {
    "Tuning": (_JOB_ERROR, _RETRY_STRATEGY),
    "AutoML": (_JOB_ERROR, "its jobs are retried by the AutoML job itself"),
    "Model": ("SageMaker.", _NO_JOB),
    "RegisterModel": ("SageMaker.", _NO_JOB),
}


class Inapplicable(Rule):
    """A retry policy names an exception that steps of this type are not retried for.

    The policy is never used. Tuning and AutoML steps are not retried for SageMaker.JOB_INTERNAL_ERROR; Model and
    RegisterModel steps make no job that could fail; Emr.RESOURCE_LIMIT is for EMR steps.

    Wrong:
        {"Type": "Tuning", "RetryPolicies": [{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "MaxAttempts": 2}]}

    Right:
        {"Type": "Tuning", "Arguments": {"TrainingJobDefinition": {"RetryStrategy": {"MaximumRetryAttempts": 2}}}}
    """

    code = "W7011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for policy in policies(subject):
            kind = policy.step.type
            never, why = _NEVER.get(kind, (None, ""))
            for where, exception in policy.exceptions:
                if never and exception.startswith(never):
                    yield Match(where, f"a {kind} step is not retried for {exception}: {why}")
                elif exception.startswith("Emr.") and kind in (*_NEVER, *_JOBS):
                    yield Match(
                        where, f"{exception} occurs in EMR steps only, not in a {kind} step"
                    )
