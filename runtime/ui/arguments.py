"""A step's request: every expression in it, beside the value it stood for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import BODY, BRANCHES, StepDefinition
from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    Expression,
    Get,
    Join,
    JsonGet,
    ParameterReference,
    StepReference,
    parse_expression,
    references,
    walk,
)
from runtime.expressions import Scope, Unresolved, resolve

_ABSENT = object()


@dataclass(frozen=True)
class Argument:
    """`path` is where in the request, `written` the expression; `value` is None with `known` False before it has one.

    `steps` and `parameters` are what it refers to.
    """

    path: str
    written: str
    value: Any
    known: bool
    steps: tuple[str, ...]
    parameters: tuple[str, ...]


def referring(step: StepDefinition, description: Mapping[str, Any], scope: Scope) -> list[Argument]:
    """The outermost expressions of a request, in order.

    Values are those of the job's `description`, which is what ran; elsewhere, what they resolve to in `scope`.
    """
    return [
        _argument(pointer, expression, _at(description, pointer), scope)
        for pointer, expression in _outermost(own(step))
    ]


def own(step: StepDefinition) -> dict[str, Any]:
    """The step's request and its type's own members, without the steps nested in it."""
    nested = {"Condition": BRANCHES, "ForEach": (BODY,)}.get(step.type, ())
    arguments = {key: value for key, value in step.arguments.items() if key not in nested}
    return {**arguments, **(step.extras or {})}


def steps_in(step: StepDefinition) -> set[str]:
    """Steps whose results the request refers to."""
    found = references(step.expressions)
    return {reference.step for _, reference in found if isinstance(reference, StepReference)}


def written(expression: object) -> str:
    """An expression as a person would write it: Steps.Train.ModelArtifacts, a + "/" + b."""
    try:
        parsed = parse_expression(expression)
    except ExpressionError:
        return str(expression)
    if isinstance(parsed, Get):
        assert isinstance(expression, Mapping)
        return str(expression["Get"])
    if parsed is None:
        return str(expression)
    return _written_function(parsed)


def _written_function(parsed: Expression) -> str:
    if isinstance(parsed, Join):
        parts = [
            written(value) if isinstance(value, Mapping) else f'"{value}"'
            for value in parsed.values
        ]
        return f"join({', '.join(parts)}; on \"{parsed.on}\")"
    assert isinstance(parsed, JsonGet)
    source = parsed.source
    if isinstance(source, Get) and isinstance(source.reference, StepReference):
        return f"{source.reference.step} / {source.reference.property_file} → {parsed.path}"
    return f"{written(source)} → {parsed.path}"


def _outermost(value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, object]]]:
    last = None
    for pointer, expression in walk(value):
        if last is None or not pointer.startswith(f"{last}/"):
            last = pointer
            yield pointer, expression


def _argument(
    pointer: str, expression: Mapping[str, object], described: Any, scope: Scope
) -> Argument:
    value, known = described, described is not _ABSENT
    if not known:
        try:
            value, known = resolve(expression, scope), True
        except Unresolved:
            value = None
    found = [reference for _, reference in references(walk(expression))]
    return Argument(
        path=pointer.strip("/").replace("/", "."),
        written=written(expression),
        value=value,
        known=known,
        steps=tuple(dict.fromkeys(r.step for r in found if isinstance(r, StepReference))),
        parameters=tuple(dict.fromkeys(r.name for r in found if isinstance(r, ParameterReference))),
    )


def _at(document: Any, pointer: str) -> Any:
    """The scalar at a JSON pointer; _ABSENT where there is none."""
    for key in pointer.split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return _ABSENT
    return document
