"""How a job ends early."""

from __future__ import annotations


class JobFailed(Exception):
    """The job ends as Failed with this FailureReason."""


class JobStopped(Exception):
    """The job was stopped before it had anything to show."""
