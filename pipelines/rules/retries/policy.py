from __future__ import annotations

from pipelines.rules._base import ProblemRule


class RetryPolicy(ProblemRule):
    """A retry policy has values outside of what the service allows, or an exception type that it does not know.

    IntervalSeconds 0 to 43,200, BackoffRate above 0, and MaxAttempts 0 to 20 or ExpireAfterMin 0 to 14,400, not both;
    five attempts when neither is given. ExceptionType is a list.

    Wrong:
        {"ExceptionType": ["SageMaker.CAPACITY"], "MaxAttempts": 5, "ExpireAfterMin": 60}

    Right:
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "MaxAttempts": 5}
    """

    code = "E7001"
    kinds = ("retry",)
