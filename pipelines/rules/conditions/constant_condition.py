from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.definition.expressions import is_expression
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import UNKNOWN, Subject
from pipelines.rules.conditions._operands import (
    MEMBERSHIPS,
    Comparison,
    Condition,
    comparisons,
    conditions,
    constant,
    operand,
)

_TESTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_SCALARS = ("number", "text", "boolean")


class ConstantCondition(Rule):
    """A condition has the same outcome in every execution, because nothing in it can change.

    One of the branches is never taken. With the SDK, a Python value stands where a parameter or a property was meant.

    Wrong:
        {"Type": "LessThan", "LeftValue": 0.3, "RightValue": 0.5}

    Right:
        {"Type": "LessThan", "LeftValue": {"Std:JsonGet": {...}}, "RightValue": 0.5}
    """

    code = "W5013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for comparison in comparisons(subject):
            outcome = None
            if comparison.condition.type in _TESTS:
                outcome = _outcome(comparison)
            if outcome is not None:
                yield _match(comparison.condition, outcome)
        for condition in conditions(subject):
            outcome = _membership(condition, subject)
            if outcome is not None:
                yield _match(condition, outcome)


def _match(condition: Condition, outcome: bool) -> Match:
    return Match(
        condition.pointer,
        f"this condition is always {str(outcome).lower()}: nothing in it differs between executions. Compare with a "
        "parameter or with what a step gives",
    )


def _outcome(comparison: Comparison) -> bool | None:
    """True or False if the operands decide it already; None for those of different types, which fail."""
    left, right = comparison.left, comparison.right
    test = _TESTS[comparison.condition.type]
    if left.kind != right.kind:
        return None
    if is_expression(left.written) and left.written.get("Get", UNKNOWN) == _get(right.written):
        return bool(test(0, 0))
    known = [constant(each.written) for each in (left, right)]
    if UNKNOWN in known or left.kind not in _SCALARS:
        return None
    return bool(test(*known))


def _get(written: Any) -> Any:
    """What a Get refers to."""
    return written.get("Get") if is_expression(written) else None


def _membership(condition: Condition, subject: Subject) -> bool | None:
    values = condition.members.get("Values")
    query = constant(condition.members.get("QueryValue", UNKNOWN))
    if condition.type not in MEMBERSHIPS or query is UNKNOWN or not isinstance(values, list):
        return None
    known = [constant(value) for value in values]
    kind = operand(subject, query, "").kind
    if UNKNOWN in known or kind not in _SCALARS:
        return None
    met = any(operand(subject, value, "").kind == kind and value == query for value in known)
    return met is (condition.type == "In")
