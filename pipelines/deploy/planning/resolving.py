"""What is known of a step's request before anything has started: parameters filled in, the rest named.

A value that only an execution can know becomes an `Unknown`. Two unknowns are equal when they will surely have the
same value: the same property of a step whose result both take from the same earlier execution.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.definition.document import Definition
from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    ExecutionReference,
    Get,
    Join,
    Key,
    ParameterReference,
    StepReference,
    is_expression,
    parse_expression,
)

# The parts of a request that say where a step's results go, per property path from its root.
_NAMING = ("OutputName", "InputName", "ChannelName", "MetricName", "Name")
# Variables that are the same in every execution of a pipeline.
_CONSTANT = ("PipelineName", "PipelineArn")


@dataclass(frozen=True)
class Unknown:
    """`what` says who will decide: an execution, a step or the one who starts; `source` tells values apart."""

    what: str
    step: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Scope:
    """`values` are the parameters' values; `sources` say for steps which execution their result comes from.

    `execution` is None for an execution that has not started. `served` has for steps that are served from an earlier
    execution the request that was made there, and the scope it was made in: its results are handed on.
    """

    values: Mapping[str, Any]
    arguments: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, str | None]
    execution: str | None = None
    served: Mapping[str, tuple[Mapping[str, Any], Scope]] = field(default_factory=dict)


def default_values(definition: Definition) -> dict[str, Any]:
    """Parameter -> default; those that need a value at start are left out."""
    return {each.name: each.default for each in definition.parameters if each.default is not None}


def scope_of(
    definition: Definition,
    values: Mapping[str, Any],
    sources: Mapping[str, str | None],
    execution: str | None = None,
) -> Scope:
    """A scope over all steps of the definition."""
    arguments = {step.name: step.arguments for step in definition.steps}
    return Scope(values, arguments, sources, execution)


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every expression replaced by what is known of it."""
    if is_expression(value):
        try:
            return _expression(value, scope)
        except ExpressionError:
            return Unknown(json.dumps(value, sort_keys=True))
    if isinstance(value, Mapping):
        return {key: resolve(member, scope) for key, member in value.items()}
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    return value


def unknowns(value: Any) -> Iterator[Unknown]:
    """Every unknown in a resolved value."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from unknowns(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from unknowns(member)


def _expression(value: Any, scope: Scope) -> Any:
    expression = parse_expression(value)
    if isinstance(expression, Get):
        return _get(expression.reference, scope)
    if isinstance(expression, Join):
        return _join(expression, scope)
    # A value out of a file: known only by the step that wrote it.
    step = next((found.step for found in _steps_in(value)), None)
    text = json.dumps(value, sort_keys=True)
    return _of_step(step, text, scope) if step else Unknown(text, None, scope.execution)


def _steps_in(value: Any) -> Iterator[StepReference]:
    if is_expression(value):
        expression = parse_expression(value)
        if isinstance(expression, Get) and isinstance(expression.reference, StepReference):
            yield expression.reference
            return
    for member in value.values() if isinstance(value, Mapping) else ():
        yield from _steps_in(member)
    for member in value if isinstance(value, list) else ():
        yield from _steps_in(member)


def _get(reference: object, scope: Scope) -> Any:
    if isinstance(reference, ParameterReference):
        if reference.name in scope.values:
            return scope.values[reference.name]
        return Unknown(f"parameter {reference.name}", None, scope.execution)
    if isinstance(reference, ExecutionReference):
        constant = reference.name in _CONSTANT
        return Unknown(f"Execution.{reference.name}", None, "" if constant else scope.execution)
    if isinstance(reference, StepReference):
        return _property(reference, scope)
    return Unknown(str(reference), None, scope.execution)


def _property(reference: StepReference, scope: Scope) -> Any:
    """A step's property: what its request fixes, else an unknown of that step."""
    path = ".".join(str(part.name if isinstance(part, Key) else part) for part in reference.path)
    own = scope.arguments.get(reference.step), scope
    arguments, within = scope.served.get(reference.step, own)
    fixed = _follow(arguments, reference)
    if fixed is not None:
        resolved = resolve(fixed, within)
        if not any(unknowns(resolved)):
            return resolved
    return _of_step(reference.step, path, scope)


def _of_step(step: str, what: str, scope: Scope) -> Unknown:
    return Unknown(f"{step}.{what}", step, scope.sources.get(step))


def _follow(value: Any, reference: StepReference) -> Any:
    for part in reference.path:
        if isinstance(part, str) and isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(part, Key) and isinstance(value, list):
            value = next((entry for entry in value if _is_named(entry, part.name)), None)
        elif isinstance(part, Key) and isinstance(value, Mapping):
            value = value.get(part.name)
        else:
            return None
    return value


def _is_named(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and any(entry.get(member) == name for member in _NAMING)


def _join(expression: Join, scope: Scope) -> Any:
    parts = [resolve(part, scope) for part in expression.values]
    open_parts = list(unknowns(parts))
    if not open_parts:
        return expression.on.join(_text(part) for part in parts)
    # Joined unknowns: as equal as their parts are.
    shown = expression.on.join(
        f"<{part.what}>" if isinstance(part, Unknown) else _text(part) for part in parts
    )
    steps = {part.step for part in open_parts if part.step}
    sources = sorted({str(part.source) for part in open_parts})
    source = None if any(part.source is None for part in open_parts) else "+".join(sources)
    return Unknown(shown, steps.pop() if len(steps) == 1 else None, source)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
