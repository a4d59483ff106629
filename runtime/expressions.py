"""Resolves the expressions of a step's request against what is known when the step starts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.definition.document import Definition, PropertyFile
from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    ExecutionReference,
    ExperimentReference,
    Get,
    Join,
    Key,
    LoopReference,
    ParameterReference,
    Reference,
    Segment,
    StepReference,
    parse_expression,
    parse_json_path,
    parse_path,
)
from runtime.s3 import read_text, split_uri
from runtime.storage._base import Objects, StorageError

# Lists that a property path may address by key -> the member that names an entry.
_NAMING_MEMBERS = {
    "Outputs": "OutputName",
    "ProcessingInputs": "InputName",
    "FinalMetricDataList": "MetricName",
    "OutputParameters": "Name",
}
_ABSENT = object()


class Unresolved(Exception):
    """An expression has no value; the message names the reference and becomes the step's FailureReason."""


@dataclass(frozen=True)
class Scope:
    """What expressions may see: `properties` has the Describe document of every finished step.

    `loop` is what a ForEach shows: `ForEach.CurrentItem` to its body, `IterationOutput` to its selector.
    """

    definition: Definition
    objects: Objects
    parameters: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    experiment: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    loop: Mapping[str, Any] = field(default_factory=dict)


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with every expression in it replaced by its typed value. Raises Unresolved."""
    try:
        expression = parse_expression(value)
    except ExpressionError as error:
        raise Unresolved(str(error)) from error
    if isinstance(expression, Get):
        return _get(expression.reference, value, scope)
    if isinstance(expression, Join):
        return expression.on.join(text(resolve(part, scope)) for part in expression.values)
    if expression is not None:
        return _json_get(expression.source, expression.path, scope, from_s3=expression.from_s3)
    if isinstance(value, Mapping):
        return {key: resolve(member, scope) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(member, scope) for member in value]
    return value


def text(value: object) -> str:
    """How a value reads inside Std:Join: integers as digits, booleans `true`/`false`, floats as repr."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | dict | list):
        return json.dumps(value)
    return repr(value)


def follow(document: Any, path: tuple[Segment, ...]) -> Any:
    """Walk a path into a document: members, indexes, keys. Raises Unresolved with the bare reason."""
    current, member = document, ""
    for segment in path:
        current = _step_into(current, segment, member)
        if current is _ABSENT:
            raise Unresolved(f"nothing at {_written(segment)}")
        member = segment if isinstance(segment, str) else ""
    return current


def _get(reference: Reference, written: Any, scope: Scope) -> Any:
    values: Mapping[str, Any] = {}
    name = ""
    if isinstance(reference, ParameterReference):
        values, name = scope.parameters, reference.name
    elif isinstance(reference, ExecutionReference):
        values, name = scope.variables, reference.name
    elif isinstance(reference, ExperimentReference):
        values, name = scope.experiment, reference.name
    elif isinstance(reference, StepReference) and reference.step in scope.properties:
        try:
            return follow(scope.properties[reference.step], reference.path)
        except Unresolved as error:
            raise Unresolved(f"{written} is undefined.") from error
    elif isinstance(reference, LoopReference):
        return _in_loop(reference, written, scope)
    if name not in values:
        raise Unresolved(f"{written} is undefined.")
    return values[name]


def _in_loop(reference: LoopReference, written: Any, scope: Scope) -> Any:
    """An item is often the text of a JSON object: members are looked up in what it says."""
    path = parse_path(reference.path)
    document = scope.loop
    try:
        if path[:2] != ("ForEach", "CurrentItem") or len(path) == 2:
            return follow(document, path)
        item = follow(document, path[:2])
        return follow(json.loads(item) if isinstance(item, str) else item, path[2:])
    except (Unresolved, ValueError) as error:
        raise Unresolved(f"{written} is undefined.") from error


def _json_get(source: Any, path: str, scope: Scope, *, from_s3: bool) -> Any:
    uri = text(resolve(source, scope)) if from_s3 else _property_file(source.reference, scope)
    try:
        content = read_text(scope.objects, uri)
    except (StorageError, ValueError) as error:
        code = "NoSuchKey" if isinstance(error, StorageError) else "InvalidRequest"
        raise Unresolved(
            f"Received an error while reading file {uri} from S3: {code}: {error}"
        ) from error
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unresolved(f"Contents of file {uri} are not in valid JSON format.") from error
    try:
        return follow(document, parse_json_path(path))
    except Unresolved as error:
        raise Unresolved(f"Invalid json path '{path}' in {uri}: {error}") from error


def _property_file(reference: StepReference, scope: Scope) -> str:
    """The URI of `Steps.S.PropertyFiles.F`: the output's S3 prefix, then the file's path."""
    written = f"Steps.{reference.step}.PropertyFiles.{reference.property_file}"
    file = next(_files(reference, scope), None)
    properties = scope.properties.get(reference.step)
    if file is None or properties is None:
        raise Unresolved(f"{{'Get': '{written}'}} is undefined.")
    path = ("ProcessingOutputConfig", "Outputs", Key(file.output), "S3Output", "S3Uri")
    try:
        prefix = follow(properties, path)
    except Unresolved as error:
        raise Unresolved(
            f"{{'Get': '{written}'}} is undefined: step {reference.step} has no output '{file.output}'."
        ) from error
    bucket, key = split_uri(prefix)
    return f"s3://{bucket}/{'/'.join(part for part in (key.strip('/'), file.path) if part)}"


def _files(reference: StepReference, scope: Scope) -> Iterator[PropertyFile]:
    for step in scope.definition.steps:
        for one in (step, *step.body):
            if one.name == reference.step:
                yield from (
                    file for file in one.property_files if file.name == reference.property_file
                )


def _step_into(current: Any, segment: Segment, member: str) -> Any:
    if isinstance(segment, int):
        inside = isinstance(current, list) and segment < len(current)
        return current[segment] if inside else _ABSENT
    name = segment.name if isinstance(segment, Key) else segment
    if isinstance(current, Mapping):
        return current.get(name, _ABSENT)
    if isinstance(segment, Key) and isinstance(current, list) and member in _NAMING_MEMBERS:
        naming = _NAMING_MEMBERS[member]
        return next((entry for entry in current if entry.get(naming) == name), _ABSENT)
    return _ABSENT


def _written(segment: Segment) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    return f"['{segment.name}']" if isinstance(segment, Key) else f"'{segment}'"
