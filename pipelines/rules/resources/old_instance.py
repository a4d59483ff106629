from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_SHAPES = (
    "TrainingInstanceType",
    "ProcessingInstanceType",
    "TransformInstanceType",
    "ProductionVariantInstanceType",
)
# Family -> a newer one of its kind.
_OLD = {"m4": "m5", "c4": "c5", "p2": "g4dn"}


class OldInstance(Rule):
    """A job or endpoint asks for an instance of an old generation.

    They cost more than newer ones for the same work, are scarce in most regions and do not exist in new ones. XGBoost
    from 1.7 on does not run on P2 at all.

    Wrong:
        {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1}

    Right:
        {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}
    """

    code = "W9002"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if member.shape in _SHAPES:
                text = subject.rendered(member.value) or ""
                _, _, rest = text.partition("ml.")
                newer = _OLD.get(rest.partition(".")[0])
                if newer:
                    yield Match(
                        member.pointer,
                        f"'{text}' is of an old generation; take one of the family ml.{newer} or newer",
                    )
