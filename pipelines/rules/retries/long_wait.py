from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.retries._policies import Policy, policies

_MINUTE = 60
_DAY = 24 * 60 * _MINUTE
# The longest that ExpireAfterMin can allow a step to be retried.
_LONGEST = 14_400 * _MINUTE
# More attempts are refused, which is another finding.
_ATTEMPTS = 20


class LongWait(Rule):
    """The waits of a retry policy are longer than the time it has.

    The wait before attempt n is IntervalSeconds * BackoffRate^(n - 1). A first wait longer than ExpireAfterMin means
    that there is no retry at all; waits that add up to weeks were hardly meant, because each doubles by default.

    Wrong:
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 3600, "ExpireAfterMin": 30}

    Right:
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 60, "ExpireAfterMin": 180}
    """

    code = "W7014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for policy in policies(subject):
            if found := _problem(policy):
                member, problem = found
                yield Match(f"{policy.pointer}/{member}", problem)


def _problem(policy: Policy) -> tuple[str, str] | None:
    interval = policy.number("IntervalSeconds", 1)
    expiry = policy.number("ExpireAfterMin")
    if interval is not None and expiry and interval >= expiry * _MINUTE:
        return "IntervalSeconds", (
            f"the first wait of {interval} seconds is not over before ExpireAfterMin ({expiry} minutes): there is no "
            "retry. Shorten the interval"
        )
    rate, attempts = policy.number("BackoffRate", 2.0), policy.number("MaxAttempts")
    if interval is None or rate is None or attempts is None or attempts > _ATTEMPTS:
        return None
    waited = _total(interval, rate, attempts)
    if waited <= _LONGEST:
        return None
    return "MaxAttempts", (
        f"{attempts} attempts wait more than {_LONGEST // _DAY} days in all, because each wait is {rate} times the one "
        "before; lower BackoffRate or MaxAttempts, or give ExpireAfterMin"
    )


def _total(interval: float, rate: float, attempts: float) -> float:
    """Seconds of all waits, as far as they matter."""
    total, wait = 0.0, interval
    for _ in range(int(attempts) if attempts > 0 else 0):
        total += min(wait, 2 * _LONGEST)
        wait = min(wait, 2 * _LONGEST) * min(rate, _LONGEST)
    return total
