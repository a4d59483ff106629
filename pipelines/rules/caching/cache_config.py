from __future__ import annotations

from pipelines.rules._base import ProblemRule


class CacheConfig(ProblemRule):
    """A CacheConfig is not what the service takes.

    It has Enabled, true or false without quotes, and ExpireAfter.

    Wrong:
        {"CacheConfig": {"Enabled": "true"}}

    Right:
        {"CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}
    """

    code = "E6001"
    kinds = ("cache",)
