"""What of a step's request is known before the start: parameters at their defaults, values of other steps followed.

What only an execution decides is `*`: `s3://bucket/prefix/house-price/*/Prepare/train`. Pure; takes any JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    Get,
    Join,
    Key,
    ParameterReference,
    Segment,
    StepReference,
    is_expression,
    parse_expression,
)

UNKNOWN = "*"
# Not in the request: the service makes it of S3OutputPath and the job's name.
_MODEL_OF = ("ModelArtifacts", "S3ModelArtifacts")
# Lists that a property path addresses by key -> the member that names an entry.
_NAMING = {"Outputs": "OutputName", "ProcessingInputs": "InputName"}
# Nothing that is sent has texts this long (S3's keys end at 1,024 bytes); Joins of Joins could.
_LONGEST = 4096
_DEEPEST = 40


class KnownValues:
    """Reads the values of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._defaults = {each.name: each.default for each in definition.parameters}
        self._steps = {each.name: each for step in definition.steps for each in (step, *step.body)}
        # References followed so far; one that is being followed has no value: it would be its own.
        self._followed: dict[StepReference, str] = {}

    def text(self, value: object) -> str:
        """The value as it reads in a request, `*` for each part that is not known."""
        return self._text(value, _DEEPEST)

    def number(self, value: object, otherwise: int) -> int:
        """A whole number such as an instance count; `otherwise` when it is not known."""
        text = self.text(value)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise

    def _text(self, value: object, depth: int) -> str:
        if depth == 0:
            return UNKNOWN
        try:
            expression = parse_expression(value)
        except ExpressionError:
            return UNKNOWN
        if isinstance(expression, Join):
            return _short(
                expression.on.join(self._text(each, depth - 1) for each in expression.values)
            )
        if isinstance(expression, Get) and isinstance(expression.reference, ParameterReference):
            default = self._defaults.get(expression.reference.name)
            return UNKNOWN if default is None else _written(default)
        if isinstance(expression, Get) and isinstance(expression.reference, StepReference):
            return self._follow(expression.reference, depth)
        return _short(_written(value)) if expression is None else UNKNOWN

    def _follow(self, reference: StepReference, depth: int) -> str:
        if reference not in self._followed:
            self._followed[reference] = UNKNOWN
            step = self._steps.get(reference.step)
            found = UNKNOWN if step is None else self._property(step, reference.path, depth - 1)
            self._followed[reference] = found
        return self._followed[reference]

    def _property(self, step: StepDefinition, path: tuple[Segment, ...], depth: int) -> str:
        if path == _MODEL_OF:
            target = _walk(step.arguments, ("OutputDataConfig", "S3OutputPath"))
            # <S3OutputPath>/<job name>/output/model.tar.gz
            return f"{self._text(target, depth).rstrip('/')}/*/output/model.tar.gz"
        # Describe* repeats the request, so what is written in the request is the property's value.
        return self._text(_walk(step.arguments, path), depth)


def members(value: object) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every member of every object inside with its path of names; expressions are not entered."""
    todo: list[tuple[tuple[str, ...], object]] = [((), value)]
    while todo:
        path, current = todo.pop()
        if isinstance(current, Mapping) and not is_expression(current):
            for key, member in current.items():
                yield (*path, str(key)), member
                todo.append(((*path, str(key)), member))
        elif isinstance(current, list | tuple):
            todo += ((path, entry) for entry in current)


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in a list; none when it is no list."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each


def training_jobs(step: StepDefinition) -> Iterator[Mapping[str, Any]]:
    """The request of a job, or of each training job that a tuning job describes."""
    if step.type != "Tuning":
        yield step.arguments
        return
    yield from objects([step.arguments.get("TrainingJobDefinition")])
    yield from objects(step.arguments.get("TrainingJobDefinitions"))


def _walk(document: Any, path: tuple[Segment, ...]) -> Any:
    """The member at the path; None, which has no text, when there is none."""
    current, member = document, ""
    for segment in path:
        if isinstance(segment, Key) and isinstance(current, list):
            naming = _NAMING.get(member)
            current = next(
                (
                    entry
                    for entry in current
                    if isinstance(entry, Mapping) and entry.get(naming) == segment.name
                ),
                None,
            )
        elif isinstance(segment, int) and isinstance(current, list):
            current = current[segment] if segment < len(current) else None
        elif isinstance(current, Mapping):
            current = current.get(segment.name if isinstance(segment, Key) else segment)
        else:
            return None
        member = segment if isinstance(segment, str) else ""
    return current


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    return repr(value) if isinstance(value, int | float) else UNKNOWN


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else UNKNOWN
