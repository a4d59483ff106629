from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.caching import duration
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class Duration(Rule):
    """ExpireAfter of a cache is no duration.

    An ISO 8601 duration: years, months, weeks, days, then T, hours and minutes. The P may be left out: 30d, PT12H, 30dT5h.

    Wrong:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "30 days"}}

    Right:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}
    """

    code = "E6011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            written = (step.cache or {}).get("ExpireAfter")
            if written is not None and (problem := _problem(written)):
                yield Match(f"{step.pointer}/CacheConfig/ExpireAfter", problem)


def _problem(written: Any) -> str | None:
    if not isinstance(written, str):
        return f"must be a text such as 'P30D' but got {written!r}"
    try:
        duration(written)
    except ValueError as error:
        return f"{error} (hours and minutes stand behind a T)"
    return None
