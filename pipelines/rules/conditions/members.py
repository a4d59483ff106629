from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject
from pipelines.rules._texts import last


class ConditionMembers(ProblemRule):
    """A condition lacks a side, has members of another type, or is of a type that the service does not know.

    CreatePipeline refuses it. A comparison has LeftValue and RightValue, In has QueryValue and Values, Not has
    Condition, Or has Conditions.

    Wrong:
        {"Type": "Not", "Expression": {...}}

    Right:
        {"Type": "Not", "Condition": {...}}
    """

    code = "E5001"
    kinds = ("condition",)

    def check(self, subject: Subject) -> Iterator[Match]:
        messages: dict[str, list[str]] = {}
        for match in super().check(subject):
            messages.setdefault(match.pointer, []).append(match.message)
        unknown: dict[str, list[str]] = {}
        for problem in subject.problems.get("unknown-property", ()):
            unknown.setdefault(problem.pointer.rpartition("/")[0], []).append(last(problem.pointer))
        for pointer, found in messages.items():
            wrong = ", ".join(f"'{member}'" for member in unknown.get(pointer, ()))
            yield Match(
                pointer, "; ".join(found) + (f"; it does not know {wrong}" if wrong else "")
            )
