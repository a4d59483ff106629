from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import enabled


class NoExpiry(Rule):
    """A step's cache is enabled without ExpireAfter.

    The service documents that a cached step has a timeout; what it does without one is not documented. Data under an
    unchanged URI is never looked at again before the cache expires.

    Wrong:
        {"CacheConfig": {"Enabled": true}}

    Right:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}
    """

    code = "W6010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if enabled(step) and step.cache is not None and step.cache.get("ExpireAfter") is None:
                yield Match(
                    f"{step.pointer}/CacheConfig",
                    f"the cache of '{step.name}' has no ExpireAfter, so that it is open how long a result is reused. "
                    "Add one, such as 'P30D' for 30 days",
                )
