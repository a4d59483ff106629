from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import MEMBERSHIPS, comparisons


class MembershipTypes(Rule):
    """A condition of type In has a value that can never be met, because it is of another type.

    Nothing is converted: the text "1" is not the number 1.

    Wrong:
        {"Type": "In", "QueryValue": {"Get": "Parameters.Folds"}, "Values": ["5", "10"]} where Folds is an Integer

    Right:
        {"Type": "In", "QueryValue": {"Get": "Parameters.Folds"}, "Values": [5, 10]}
    """

    code = "W5011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for comparison in comparisons(subject):
            query, value = comparison.left, comparison.right
            if comparison.condition.type not in MEMBERSHIPS or not (query.kind and value.kind):
                continue
            if query.kind != value.kind:
                yield Match(
                    value.pointer,
                    f"{value} never equals {query}, which is of another type; write it as a {query.kind}",
                )
