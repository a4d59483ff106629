from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.expressions import Key, StepReference
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.references._echo import NAMING

# No property lies that deep; each prefix of a path is looked up.
_DEEPEST = 30


class KeyedList(Rule):
    """A reference addresses an entry of a list by name that has to be addressed by number.

    Only Outputs and ProcessingInputs of Processing steps and FinalMetricDataList of Training steps are addressed by
    name. In any other list the name finds nothing, and the step that needs the value fails.

    Wrong:
        {"Get": "Steps.Train.InputDataConfig['train'].DataSource.S3DataSource.S3Uri"}

    Right:
        {"Get": "Steps.Train.InputDataConfig[0].DataSource.S3DataSource.S3Uri"}
    """

    code = "E3011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for found in subject.step_references.values():
            for where, reference in found:
                if owner := _keyed(reference, subject):
                    yield Match(
                        where,
                        f"entries of {owner} are addressed by number, not by name: write {owner}[0] for the first. "
                        f"By name go {', '.join(NAMING)} only",
                    )


def _keyed(reference: StepReference, subject: Subject) -> str | None:
    """The list that is wrongly addressed by name."""
    for index, segment in enumerate(reference.path[1:_DEEPEST], 1):
        owner = reference.path[index - 1]
        if isinstance(segment, Key) and isinstance(owner, str) and owner not in NAMING:
            prefix = StepReference(reference.step, reference.path[:index])
            if subject.property_types.of(prefix).kind == "Array":
                return owner
    return None
