from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import conditions

_PROVEN = {"NotEquals": "Equals", "NotIn": "In"}


class UnprovenType(Rule):
    """A condition is of type NotEquals or NotIn, which only the published schema knows.

    The SDK never writes them, so that nobody has seen the service take them. A Not around Equals or In is proven.

    Wrong:
        {"Type": "NotEquals", "LeftValue": {"Get": "Parameters.Mode"}, "RightValue": "fast"}

    Right:
        {"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": {"Get": "Parameters.Mode"}, "RightValue": "fast"}}
    """

    code = "W5018"

    def check(self, subject: Subject) -> Iterator[Match]:
        for condition in conditions(subject):
            if condition.type in _PROVEN:
                yield Match(
                    f"{condition.pointer}/Type",
                    f"the SDK never writes {condition.type}, and it is not known that the service takes it; write a Not "
                    f"around {_PROVEN[condition.type]}",
                )
