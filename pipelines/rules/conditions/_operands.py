"""What conditions compare: the conditions of all steps, their operands, and what is known of an operand's type."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    Get,
    Join,
    JsonGet,
    LoopReference,
    ParameterReference,
    StepReference,
    is_expression,
    parse_expression,
)
from pipelines.rules._subject import UNKNOWN, Subject

ORDERINGS = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
EQUALITIES = ("Equals", "NotEquals")
MEMBERSHIPS = ("In", "NotIn")
NUMBER, STRING, BOOLEAN = "number", "text", "boolean"
_KINDS = {
    "Integer": NUMBER,
    "Float": NUMBER,
    "String": STRING,
    "Boolean": BOOLEAN,
    "Object": "object",
    "Array": "list",
}


@dataclass(frozen=True)
class Condition:
    """One condition, also inside of a Not or an Or. `around` is the type of the condition it stands in."""

    pointer: str
    type: str
    members: Mapping[str, Any]
    around: str | None = None


@dataclass(frozen=True)
class Operand:
    """`kind` is number, text, boolean, object, list or null; None when only a run tells."""

    pointer: str
    written: Any
    kind: str | None

    def __str__(self) -> str:
        """The operand for a message: what it is, and how it is written."""
        if not is_expression(self.written):
            return (
                f"the {self.kind} {reprlib.repr(self.written)}" if self.kind != "null" else "null"
            )
        [(function, body)] = self.written.items()
        name = body if isinstance(body, str) else function
        return f"the {self.kind} '{name}'" if self.kind else f"'{name}'"


@dataclass(frozen=True)
class Comparison:
    """Two operands under one condition; a condition of type In has one for each of its Values."""

    condition: Condition
    left: Operand
    right: Operand


def conditions(subject: Subject) -> Iterator[Condition]:
    """Every condition of every Condition step, outermost first."""
    for step in subject.definition.steps:
        if step.type == "Condition":
            listed = step.arguments.get("Conditions")
            yield from _conditions(listed, f"{step.pointer}/Arguments/Conditions")


def comparisons(subject: Subject) -> Iterator[Comparison]:
    """Everything that is compared with something."""
    for condition in conditions(subject):
        if condition.type in MEMBERSHIPS:
            yield from _memberships(subject, condition)
        elif condition.type in (*ORDERINGS, *EQUALITIES) and {"LeftValue", "RightValue"} <= set(
            condition.members
        ):
            left, right = (
                operand(subject, condition.members[side], f"{condition.pointer}/{side}")
                for side in ("LeftValue", "RightValue")
            )
            yield Comparison(condition, left, right)


def operand(subject: Subject, written: Any, pointer: str) -> Operand:
    return Operand(pointer, written, _kind(subject, written))


def constant(written: Any) -> Any:
    """The value of something that no parameter, step or execution has a say in; else UNKNOWN."""
    if not is_expression(written):
        return written
    joined = written.get("Std:Join")
    values = joined.get("Values") if isinstance(joined, Mapping) else None
    on = joined.get("On", "") if isinstance(joined, Mapping) else None
    if not isinstance(on, str) or not isinstance(values, list):
        return UNKNOWN
    return on.join(values) if all(isinstance(value, str) for value in values) else UNKNOWN


def _memberships(subject: Subject, condition: Condition) -> Iterator[Comparison]:
    values = condition.members.get("Values")
    if "QueryValue" not in condition.members or not isinstance(values, list):
        return
    query = operand(subject, condition.members["QueryValue"], f"{condition.pointer}/QueryValue")
    for index, value in enumerate(values):
        yield Comparison(
            condition, query, operand(subject, value, f"{condition.pointer}/Values/{index}")
        )


def _conditions(listed: Any, pointer: str) -> Iterator[Condition]:
    todo: list[tuple[str, Any, str | None]] = [(pointer, listed, None)]
    while todo:
        where, value, around = todo.pop()
        if isinstance(value, list):
            inner = [(f"{where}/{index}", each, around) for index, each in enumerate(value)]
            todo += reversed(inner)
        elif isinstance(value, Mapping) and isinstance(kind := value.get("Type"), str):
            yield Condition(where, kind, value, around)
            member = {"Not": "Condition", "Or": "Conditions"}.get(kind)
            if member:
                todo.append((f"{where}/{member}", value.get(member), kind))


def _kind(subject: Subject, written: Any) -> str | None:
    if not is_expression(written):
        return _literal_kind(written)
    try:
        expression = parse_expression(written)
    except ExpressionError:
        return None
    if isinstance(expression, Join):
        return STRING
    if isinstance(expression, JsonGet) or not isinstance(expression, Get):
        return None
    reference = expression.reference
    if isinstance(reference, ParameterReference):
        parameter = subject.parameters.get(reference.name)
        return _KINDS.get(str(parameter.type)) if parameter else None
    if isinstance(reference, StepReference):
        return _KINDS.get(subject.property_types.of(reference).kind)
    return None if isinstance(reference, LoopReference) else STRING


def _literal_kind(value: Any) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return STRING
    if value is None:
        return "null"
    return "list" if isinstance(value, list) else "object"
