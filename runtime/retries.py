"""Retry policies of a step: whether, and after how long, a failed attempt is followed by another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RetryPolicy:
    """`expire_after` is in seconds from the step's start; None when `max_attempts` limits instead."""

    exception_types: tuple[str, ...]
    interval: float = 1.0
    backoff: float = 2.0
    max_attempts: int | None = 5
    expire_after: float | None = None

    def delay(self, failures: int, elapsed: float) -> float | None:
        """Seconds until the next attempt after this many failures; None when there shall be none."""
        if self.max_attempts is not None and failures > self.max_attempts:
            return None
        seconds = self.interval * self.backoff ** (failures - 1)
        if self.expire_after is not None and elapsed + seconds > self.expire_after:
            return None
        return seconds


def read_policy(document: Mapping[str, Any]) -> RetryPolicy:
    """One entry of RetryPolicies, with the service's defaults for what it leaves out."""
    types = document.get("ExceptionType", ())
    minutes = document.get("ExpireAfterMin")
    return RetryPolicy(
        (types,) if isinstance(types, str) else tuple(types),
        float(document.get("IntervalSeconds", 1)),
        float(document.get("BackoffRate", 2.0)),
        document.get("MaxAttempts", None if minutes is not None else 5),
        None if minutes is None else 60.0 * minutes,
    )


def policy_for(
    documents: Iterable[Mapping[str, Any]], exception_type: str | None
) -> RetryPolicy | None:
    """The first policy that names this exception type."""
    policies = map(read_policy, documents)
    return next((found for found in policies if exception_type in found.exception_types), None)
