from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelines.definition.document import ParameterType
from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    Get,
    Join,
    JsonGet,
    ParameterReference,
    is_expression,
    parse_expression,
)
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import (
    MEMBERSHIPS,
    ORDERINGS,
    STRING,
    Comparison,
    Operand,
    comparisons,
)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class NumberAsText(Rule):
    """A condition compares a number that is written as a text.

    Texts are compared character by character: "9" is greater than "10". A number of a JSON file is a number, and does
    not compare with a text at all.

    Wrong:
        {"Type": "LessThan", "LeftValue": {"Std:JsonGet": {...}}, "RightValue": "0.5"}

    Right:
        {"Type": "LessThan", "LeftValue": {"Std:JsonGet": {...}}, "RightValue": 0.5}
    """

    code = "W5012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for comparison in comparisons(subject):
            if problem := _problem(comparison, subject):
                yield Match(*problem)


def _problem(comparison: Comparison, subject: Subject) -> tuple[str, str] | None:
    sides = (comparison.left, comparison.right)
    for one, other in (sides, sides[::-1]):
        if _literal(one) and isinstance(_expression(other.written), JsonGet):
            return one.pointer, (
                f"{one} does not compare with a number of a JSON file; write it without quotes"
            )
    numeric = next((each for each in sides if _literal(each) or _wrapped(each, subject)), None)
    if comparison.condition.type in MEMBERSHIPS or numeric is None:
        return None
    if comparison.condition.type in ORDERINGS and all(each.kind == STRING for each in sides):
        return numeric.pointer, (
            f"{numeric} is compared as a text, character by character, where '9' is greater than '10'; compare numbers: "
            "without quotes, Std:Join or to_string()"
        )
    return None


def _literal(operand: Operand) -> bool:
    return isinstance(operand.written, str) and bool(_NUMBER.fullmatch(operand.written))


def _wrapped(operand: Operand, subject: Subject) -> bool:
    """Whether a number alone was made a text."""
    join = _expression(operand.written)
    inner = (
        _expression(join.values[0]) if isinstance(join, Join) and len(join.values) == 1 else None
    )
    if not (isinstance(inner, Get) and isinstance(inner.reference, ParameterReference)):
        return False
    parameter = subject.parameters.get(inner.reference.name)
    return bool(parameter) and parameter.type in (ParameterType.INTEGER, ParameterType.FLOAT)  # type: ignore[union-attr]


def _expression(written: Any) -> object:
    try:
        return parse_expression(written) if is_expression(written) else None
    except ExpressionError:
        return None
