from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import (
    BOOLEAN,
    MEMBERSHIPS,
    NUMBER,
    ORDERINGS,
    STRING,
    Comparison,
    comparisons,
)

_REMEDY = {
    frozenset(
        [STRING, NUMBER]
    ): "make the parameter an Integer or Float, or write the number without quotes",
    frozenset(
        [BOOLEAN, STRING]
    ): "write true or false without quotes, or make the parameter a Boolean",
    frozenset([BOOLEAN, NUMBER]): "compare with true or false",
}


class OperandTypes(Rule):
    """A condition compares values of different types, or of types that have no order.

    The condition step fails (in the SDK's local mode: "are not of the same type"), after everything before it has been
    paid for. Numbers compare with numbers, texts with texts; booleans only for equality; null, objects and lists not
    at all.

    Wrong:
        {"Type": "Equals", "LeftValue": {"Get": "Steps.CheckData.Outcome"}, "RightValue": "true"}

    Right:
        {"Type": "Equals", "LeftValue": {"Get": "Steps.CheckData.Outcome"}, "RightValue": true}
    """

    code = "E5010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for comparison in comparisons(subject):
            if problem := _problem(comparison):
                yield Match(comparison.condition.pointer, problem)


def _problem(comparison: Comparison) -> str | None:
    if comparison.condition.type in MEMBERSHIPS:
        return None
    left, right = comparison.left, comparison.right
    for each in (left, right):
        if each.kind in ("null", "object", "list"):
            return f"{each} cannot be compared: take a number, text or boolean"
        if each.kind == BOOLEAN and comparison.condition.type in ORDERINGS:
            return f"{each} has no order, so that {comparison.condition.type} fails; use Equals"
    if left.kind and right.kind and left.kind != right.kind:
        remedy = _REMEDY[frozenset([left.kind, right.kind])]
        return f"{left} and {right} are of different types, which cannot be compared: {remedy}"
    return None
