"""The conditions of a Condition step in words, with the values that decided: 29,262 ≤ 60,000. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runtime.conditions import ConditionError, evaluate
from runtime.expressions import Scope, Unresolved, resolve
from runtime.ui.words import number

_SIGNS = {
    "Equals": "=",
    "NotEquals": "≠",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": "≥",
    "LessThan": "<",
    "LessThanOrEqualTo": "≤",
}


def in_words(conditions: Sequence[Mapping[str, Any]], scope: Scope) -> Iterator[tuple[str, str]]:
    """Each condition, and whether it holds: yes, no, or not known."""
    for condition in conditions:
        try:
            holds = "yes" if evaluate(condition, scope) else "no"
        except ConditionError:
            holds = "not known"
        yield _words(condition, scope), holds


def _words(condition: Mapping[str, Any], scope: Scope) -> str:
    kind = condition.get("Type")
    if kind in _SIGNS:
        left, right = (_value(condition.get(f"{side}Value"), scope) for side in ("Left", "Right"))
        return f"{left} {_SIGNS[kind]} {right}"
    if kind in ("In", "NotIn"):
        values = ", ".join(_value(value, scope) for value in condition.get("Values", ()))
        verb = "is one of" if kind == "In" else "is none of"
        return f"{_value(condition.get('QueryValue'), scope)} {verb} {values}"
    if kind == "Not":
        return f"not ({_words(condition.get('Condition', {}), scope)})"
    if kind == "Or":
        return " or ".join(_words(inner, scope) for inner in condition.get("Conditions", ()))
    return str(kind)


def _value(value: Any, scope: Scope) -> str:
    try:
        found = resolve(value, scope)
    except Unresolved:
        return "?"
    if isinstance(found, bool) or not isinstance(found, int | float):
        return str(found)
    return number(found)
