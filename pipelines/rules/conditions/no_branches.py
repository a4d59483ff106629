from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class NoBranches(Rule):
    """A Condition step has no steps in either branch, and nothing reads its outcome.

    It decides nothing. Either branch may be empty, and both when another step refers to the Outcome.

    Wrong:
        {"Name": "CheckQuality", "Type": "Condition", "Arguments": {"Conditions": [...], "IfSteps": [], "ElseSteps": []}}

    Right:
        {"Name": "CheckQuality", "Type": "Condition", "Arguments": {"Conditions": [...], "IfSteps": [...], "ElseSteps": []}}
    """

    code = "I5015"

    def check(self, subject: Subject) -> Iterator[Match]:
        read = {
            reference.step for found in subject.step_references.values() for _, reference in found
        }
        for step in subject.definition.steps:
            branches = (step.arguments.get("IfSteps"), step.arguments.get("ElseSteps"))
            if step.type == "Condition" and not any(branches) and step.name not in read:
                yield Match(
                    step.pointer,
                    f"'{step.name}' decides nothing: both branches are empty and no step reads its Outcome. Put steps "
                    "into a branch, or remove it",
                )
