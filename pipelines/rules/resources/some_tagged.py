from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_BILLED = ("Processing", "Training", "Tuning", "Transform")


class SomeTagged(Rule):
    """Some jobs carry tags and others do not.

    Costs are allocated by the tags of a job, not by those of its pipeline. When some jobs carry tags, what one without
    them costs is nobody's.

    Wrong:
        [{"Tags": [{"Key": "team", "Value": "prices"}], ...}, {"AlgorithmSpecification": {...}}]

    Right:
        [{"Tags": [{"Key": "team", "Value": "prices"}], ...}, {"Tags": [{"Key": "team", "Value": "prices"}], ...}]
    """

    code = "W9028"

    def check(self, subject: Subject) -> Iterator[Match]:
        jobs = [step for step in subject.all_steps if step.type in _BILLED]
        tagged = next((step.name for step in jobs if step.arguments.get("Tags")), None)
        for step in jobs if tagged else ():
            if not step.arguments.get("Tags"):
                yield Match(
                    f"{step.pointer}/Arguments", f"has no 'Tags', while step '{tagged}' has some"
                )
