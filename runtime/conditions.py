"""Evaluates the conditions of a Condition step.

Numbers (integers and floats together) compare as numbers, strings by code point, booleans only for equality;
two operands of different types are an error, except in `In`, where they are merely not equal.
Every operand is resolved, also when an earlier condition already decides: a mistake shows in every run.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runtime.expressions import Scope, Unresolved, resolve

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class ConditionError(Exception):
    """A condition cannot be evaluated; the message becomes the step's FailureReason."""


def evaluate_all(conditions: Sequence[Mapping[str, Any]], scope: Scope) -> bool:
    """Whether every condition holds. Raises ConditionError."""
    results = [evaluate(condition, scope) for condition in conditions]
    return all(results)


def evaluate(condition: Mapping[str, Any], scope: Scope) -> bool:
    """Whether one condition holds. Raises ConditionError."""
    kind = condition.get("Type")
    if kind in _ORDERINGS:
        return _order(str(kind), *_operands(condition, scope))
    if kind in ("Equals", "NotEquals"):
        return _equal(*_operands(condition, scope)) is (kind == "Equals")
    if kind in ("In", "NotIn"):
        return _contains(condition, scope) is (kind == "In")
    if kind == "Not":
        return not evaluate(_member(condition, "Condition"), scope)
    if kind == "Or":
        results = [evaluate(inner, scope) for inner in _member(condition, "Conditions")]
        return any(results)
    known = ", ".join([*_ORDERINGS, "Equals", "NotEquals", "In", "NotIn", "Not", "Or"])
    raise ConditionError(f"condition type {kind!r} is unknown; known: {known}")


def _operands(condition: Mapping[str, Any], scope: Scope) -> tuple[Any, Any]:
    left, right = (_value(_member(condition, key), scope) for key in ("LeftValue", "RightValue"))
    return left, right


def _order(kind: str, left: Any, right: Any) -> bool:
    if _type(left) != _type(right) or _type(left) not in ("number", "string"):
        raise ConditionError(
            f"Condition of type [{kind}] not supported between {_shown(left)} and {_shown(right)}; "
            "both must be numbers or both strings."
        )
    return _ORDERINGS[kind](left, right)


def _equal(left: Any, right: Any) -> bool:
    if _type(left) != _type(right):
        raise ConditionError(f"{_shown(left)} and {_shown(right)} are not of the same type.")
    return bool(left == right)


def _contains(condition: Mapping[str, Any], scope: Scope) -> bool:
    query = _value(_member(condition, "QueryValue"), scope)
    values = [_value(value, scope) for value in _member(condition, "Values")]
    return any(_type(value) == _type(query) and value == query for value in values)


def _value(operand: Any, scope: Scope) -> Any:
    try:
        return resolve(operand, scope)
    except Unresolved as error:
        raise ConditionError(str(error)) from error


def _member(condition: Mapping[str, Any], key: str) -> Any:
    if key not in condition:
        raise ConditionError(f"condition of type [{condition.get('Type')}] has no '{key}'")
    return condition[key]


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__


def _shown(value: object) -> str:
    return f"{value!r} ({_type(value)})"
