"""Checks the requests of steps against the service model, with expressions as typed holes.

What CreatePipeline refuses: unknown and missing members, values of the wrong type or out of range, and references
whose type does not fit the member they stand in. A parameter's default is checked like a literal in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from pipelines.definition.document import Definition, ParameterDefinition, StepDefinition
from pipelines.definition.errors import MOST_PROBLEMS, ExpressionError, Problem
from pipelines.definition.expressions import (
    Get,
    Join,
    LoopReference,
    ParameterReference,
    StepReference,
    escape,
    is_expression,
    parse_expression,
)
from pipelines.definition.graph import referenced_steps
from pipelines.definition.requests.property_types import (
    ANY,
    SCALAR,
    STEP_REQUESTS,
    PropertyTypes,
    kind_of,
)
from pipelines.definition.requests.shapes import Mistyped, Reader, Shape

_CONTAINERS = {"structure": "Object", "list": "Array", "map": "Object"}
# Type of a member -> what an expression in its place may give.
_ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "String": ("String", SCALAR, ANY),
    "Integer": ("Integer", SCALAR, ANY),
    "Float": ("Float", "Integer", SCALAR, ANY),
    "Boolean": ("Boolean", SCALAR, ANY),
    "Object": ("Object", ANY),
    "Array": ("Array", ANY),
}
_REMEDY = ' Wrap it: {"Std:Join": {"On": "", "Values": [it]}} (the SDK\'s to_string()).'


class ArgumentCheck:
    """One definition's check; `reader` gives the constraints of a shape (shapes.py)."""

    def __init__(
        self, definition: Definition, shapes: Mapping[str, Shape], reader: Callable[[str], Reader]
    ) -> None:
        self._definition = definition
        self._shapes = shapes
        self._reader = reader
        self._parameters = {parameter.name: parameter for parameter in definition.parameters}
        self._types = PropertyTypes(definition, shapes)

    def problems(self) -> Iterator[Problem]:
        """Up to MOST_PROBLEMS of them, step by step."""
        return islice(self._problems(), MOST_PROBLEMS)

    def _problems(self) -> Iterator[Problem]:
        for step in self._definition.steps:
            for where, reference in referenced_steps(step):
                if problem := self._types.of(reference).problem:
                    yield Problem(where, problem, "property-path")
            for one in (step, *step.body):
                yield from self._step(one)

    def _step(self, step: StepDefinition) -> Iterator[Problem]:
        pointer = f"{step.pointer}/Arguments"
        request = STEP_REQUESTS.get(step.type)
        if request is None:
            return
        arguments = {k: v for k, v in step.arguments.items() if k not in request.refused}
        for key in request.refused & set(step.arguments):
            yield _unknown(key, f"{pointer}/{key}")
        yield from self._structure(request.shape, arguments, pointer, request.optional)

    def _value(self, name: str, value: Any, pointer: str) -> Iterator[Problem]:
        kind = self._shapes[name]["type"]
        if isinstance(value, dict) and is_expression(value):
            yield from self._hole(name, value, pointer)
        elif kind not in _CONTAINERS:
            yield from self._literal(name, value, pointer)
        elif not isinstance(value, list if kind == "list" else dict):
            yield Problem(pointer, f"Expecting start of Json {_CONTAINERS[kind]}.", "json-kind")
        elif isinstance(value, dict) and kind == "structure":
            yield from self._structure(name, value, pointer)
        else:
            yield from self._entries(name, value, pointer)

    def _structure(
        self,
        name: str,
        value: Mapping[str, Any],
        pointer: str,
        optional: frozenset[str] = frozenset(),
    ) -> Iterator[Problem]:
        shape = self._shapes[name]
        for required in shape.get("required", ()):
            if value.get(required) is None and required not in optional:
                yield Problem(
                    pointer, f"Argument member '{required}' of {name} is missing.", "missing"
                )
        for key, member in value.items():
            where = f"{pointer}/{escape(key)}"
            if key not in shape["members"]:
                yield _unknown(key, where)
            elif member is not None:
                yield from self._value(shape["members"][key]["shape"], member, where)

    def _entries(self, name: str, value: Any, pointer: str) -> Iterator[Problem]:
        shape = self._shapes[name]
        low, high = shape.get("min", 0), shape.get("max")
        bound = None
        if len(value) < low:
            bound = f"greater than or equal to {low}"
        elif high is not None and len(value) > high:
            bound = f"less than or equal to {high}"
        if bound:
            yield Problem(
                pointer,
                f"Model Validation failed: {len(value)} entries for '{name}' failed to satisfy constraint: "
                f"Member must have length {bound}",
                "constraint",
            )
        if shape["type"] == "list":
            for index, entry in enumerate(value):
                yield from self._value(shape["member"]["shape"], entry, f"{pointer}/{index}")
            return
        for key, entry in value.items():
            where = f"{pointer}/{escape(key)}"
            yield from self._literal(shape["key"]["shape"], key, where)
            yield from self._value(shape["value"]["shape"], entry, where)

    def _literal(self, name: str, value: Any, pointer: str) -> Iterator[Problem]:
        broken: list[str] = []
        try:
            self._reader(name)(value, "", broken)
        except Mistyped as error:
            mistyped = str(error).partition(" at ")[0]
            yield Problem(pointer, f"Model Validation failed: {mistyped}.", "json-kind")
        for text in broken:
            yield Problem(pointer, _model_validation(text, name), "constraint")

    def _hole(self, name: str, value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        try:
            expression = parse_expression(value)
        except ExpressionError:
            return  # the structural check tells it
        wanted, found = kind_of(self._shapes[name]), self._kind(expression)
        if found != wanted and wanted in ("Object", "Array"):
            if found != ANY:
                yield Problem(pointer, f"Expecting start of Json {wanted}.", "reference-type")
        elif found not in _ACCEPTED[wanted]:
            remedy = _REMEDY if wanted == "String" else ""
            yield Problem(
                pointer,
                f"Cannot assign {_written(value)} to argument of type [{wanted}].{remedy}",
                "reference-type",
            )
        elif isinstance(expression, Get) and isinstance(expression.reference, ParameterReference):
            parameter = self._parameters.get(expression.reference.name)
            if parameter and parameter.default is not None:
                yield from self._default(parameter, name, pointer)

    def _default(
        self, parameter: ParameterDefinition, name: str, pointer: str
    ) -> Iterator[Problem]:
        for problem in self._literal(name, parameter.default, pointer):
            yield Problem(
                pointer,
                f"{problem.message} (the default of parameter '{parameter.name}')",
                "default",
            )

    def _kind(self, expression: object) -> str:
        """String, Integer, Float, Boolean, Object or Array; ANY when only the run will tell."""
        if isinstance(expression, Join):
            return "String"
        if not isinstance(expression, Get):
            return SCALAR
        reference = expression.reference
        if isinstance(reference, ParameterReference):
            known = self._parameters.get(reference.name)
            return str(known.type) if known else ANY
        if isinstance(reference, StepReference):
            return self._types.of(reference).kind
        return ANY if isinstance(reference, LoopReference) else "String"


def _unknown(key: str, pointer: str) -> Problem:
    return Problem(pointer, f"Unknown Argument member '{key}'.", "unknown-argument")


def _written(value: Mapping[str, Any]) -> str:
    [(function, body)] = value.items()
    return f"property reference [{body if function == 'Get' else function}]"


def _model_validation(broken: str, shape: str) -> str:
    """What a request's reader says about one value, in the words that definitions get."""
    value, _, constraint = broken.partition(" failed to satisfy constraint: ")
    value = value.rpartition(" at ")[0]
    enum = "Member must satisfy enum value set: "
    if constraint.startswith(enum):
        constraint = f"enum value set: {constraint.removeprefix(enum)}"
    else:
        constraint = f"constraint: {constraint}"
    return f"Model Validation failed: {value} for '{shape}' failed to satisfy {constraint}"
