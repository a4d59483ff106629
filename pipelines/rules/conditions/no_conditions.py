from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import conditions


class NoConditions(Rule):
    """A Condition step, or an Or, has an empty list of conditions.

    Without a condition IfSteps are always taken; an Or of nothing never holds.

    Wrong:
        {"Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": [...], "ElseSteps": [...]}}

    Right:
        {"Type": "Condition", "Arguments": {"Conditions": [{"Type": "LessThan", ...}], "IfSteps": [...], "ElseSteps": [...]}}
    """

    code = "W5014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.definition.steps:
            if step.type == "Condition" and step.arguments.get("Conditions") == []:
                yield Match(
                    f"{step.pointer}/Arguments/Conditions",
                    f"'{step.name}' has no condition, so that it always takes IfSteps; add one, or move the steps out",
                )
        for condition in conditions(subject):
            if condition.type == "Or" and condition.members.get("Conditions") == []:
                yield Match(
                    f"{condition.pointer}/Conditions",
                    "an Or of no conditions never holds; add conditions, or remove it",
                )
