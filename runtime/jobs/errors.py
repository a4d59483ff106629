"""How a job ends early."""

from __future__ import annotations


class JobFailed(Exception):
    """The job ends as Failed with this FailureReason."""


class InternalFailure(JobFailed):
    """The runtime failed and not the job: the RetryStrategy of a training job is for these."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"InternalServerError: {reason}")


class JobStopped(Exception):
    """The job was stopped before it had anything to show."""
