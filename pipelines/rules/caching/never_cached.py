from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import enabled

_NEVER = ("Model", "RegisterModel", "Condition", "Fail")


class NeverCached(Rule):
    """A cache is enabled on a step of a type that is not cached.

    Model, RegisterModel, Condition and Fail steps run each time. (Of Lambda and Callback steps the documentation does
    not say that they are cached, but the SDK lets them ask for it: nothing is said about them here.)

    Wrong:
        {"Type": "RegisterModel", "CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}

    Right:
        {"Type": "RegisterModel"}
    """

    code = "W6013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if enabled(step) and step.type in _NEVER:
                yield Match(
                    f"{step.pointer}/CacheConfig",
                    f"'{step.name}' runs each time: {step.type} steps are not cached. Remove its CacheConfig",
                )
