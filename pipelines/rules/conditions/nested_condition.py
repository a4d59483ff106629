from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class NestedCondition(Rule):
    """A Condition step stands in a branch of another.

    The developer guide calls this unsupported, although the SDK can write it; whether the service takes it is not
    known. Two conditions in one list are both required, and a second Condition step can stand beside the first.

    Wrong:
        {"Type": "Condition", "Arguments": {"Conditions": [a], "IfSteps": [{"Type": "Condition", "Arguments": {"Conditions": [b], ...}}]}}

    Right:
        {"Type": "Condition", "Arguments": {"Conditions": [a, b], "IfSteps": [...], "ElseSteps": [...]}}
    """

    code = "W5016"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.definition.steps:
            if step.type == "Condition" and step.branch:
                yield Match(
                    step.pointer,
                    f"'{step.name}' stands in a branch of '{step.branch.condition}', and nested conditions are "
                    "documented as unsupported. List its conditions in the outer step, or refer to the outer Outcome "
                    "in a condition beside it",
                )
