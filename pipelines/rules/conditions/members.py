from __future__ import annotations

from pipelines.rules._base import ProblemRule


class ConditionMembers(ProblemRule):
    """A condition lacks a side, has members of another type, or is of a type that the service does not know.

    Wrong:
        {"Type": "Not", "Expression": {...}}

    Right:
        {"Type": "Not", "Condition": {...}}
    """

    code = "E5001"
    kinds = ("condition",)
