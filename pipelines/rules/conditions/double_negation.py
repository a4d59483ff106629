from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import conditions


class DoubleNegation(Rule):
    """A Not stands in a Not, or an Or in an Or.

    The inner one says nothing more: leave out both Nots, or list the conditions of the inner Or in the outer.

    Wrong:
        {"Type": "Not", "Condition": {"Type": "Not", "Condition": {"Type": "Equals", ...}}}

    Right:
        {"Type": "Equals", ...}
    """

    code = "I5017"

    def check(self, subject: Subject) -> Iterator[Match]:
        for condition in conditions(subject):
            if condition.type == condition.around:
                remedy = "leave both out" if condition.type == "Not" else "list them in one Or"
                yield Match(
                    condition.pointer,
                    f"{condition.type} in {condition.type} says nothing more: {remedy}",
                )
