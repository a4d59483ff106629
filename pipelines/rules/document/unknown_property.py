from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject


class UnknownProperty(ProblemRule):
    """An object of the definition has a member that the language does not know.

    CreatePipeline refuses it: "Cannot parse object, unknown property". Often a spelling, or a member of another object.

    Wrong:
        {"Name": "Train", "Type": "Training", "DependOn": ["Prepare"]}

    Right:
        {"Name": "Train", "Type": "Training", "DependsOn": ["Prepare"]}
    """

    code = "E1002"
    kinds = ("unknown-property",)

    def check(self, subject: Subject) -> Iterator[Match]:
        # A condition with a wrong member lacks the right one: E5001 names both.
        incomplete = {problem.pointer for problem in subject.problems.get("condition", ())}
        for match in super().check(subject):
            if match.pointer.rpartition("/")[0] not in incomplete:
                yield match
