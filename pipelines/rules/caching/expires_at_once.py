from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.caching import duration
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import enabled

_MINUTE = 60


class ExpiresAtOnce(Rule):
    """The cache of a step expires within a minute, so that no later execution can hit it.

    M before the T means months, and behind it minutes: P5M and PT5M.

    Wrong:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "PT0H"}}

    Right:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "PT12H"}}
    """

    code = "W6012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            written = (step.cache or {}).get("ExpireAfter")
            if enabled(step) and _seconds(written) < _MINUTE:
                yield Match(
                    f"{step.pointer}/CacheConfig/ExpireAfter",
                    f"'{written}' is over before another execution can use the result; write how long a result stays "
                    "valid, or disable the cache",
                )


def _seconds(written: Any) -> float:
    try:
        return duration(written) if isinstance(written, str) else _MINUTE
    except (ValueError, OverflowError):
        return _MINUTE
