from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.caching import KEY_ATTRIBUTES
from pipelines.definition.members import STEP_TYPES
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import enabled

_CACHED = (*KEY_ATTRIBUTES, "AutoML", "ClarifyCheck", "QualityCheck", "EMR")


class NeverCached(Rule):
    """A cache is enabled on a step of a type that is not cached.

    Processing, Training, Tuning, Transform, AutoML, ClarifyCheck, QualityCheck and EMR steps are documented as cached;
    any other runs each time. The SDK lets a Lambda or Callback step ask for it all the same.

    Wrong:
        {"Type": "RegisterModel", "CacheConfig": {"Enabled": true, "ExpireAfter": "P30D"}}

    Right:
        {"Type": "RegisterModel"}
    """

    code = "W6013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if enabled(step) and step.type in STEP_TYPES and step.type not in _CACHED:
                yield Match(
                    f"{step.pointer}/CacheConfig",
                    f"'{step.name}' runs each time: {step.type} steps are not cached ({', '.join(_CACHED)} steps "
                    "are). Remove its CacheConfig",
                )
