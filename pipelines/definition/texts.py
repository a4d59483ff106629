"""Renders texts as far as the document tells them: through parameters, joins, and what steps hand on of their request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipelines.definition.document import ParameterDefinition, StepDefinition
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

# No S3 URI is longer than the first, and nobody nests expressions deeper than the second.
_LONGEST = 2048
_DEEPEST = 30
# The member that names an entry of a list which properties address by name.
_NAMING = ("OutputName", "InputName")
_MODEL = ("ModelArtifacts", "S3ModelArtifacts")


def braced(text: str) -> str:
    """`{Execution.PipelineExecutionId}`; a slash would part the text where it is no folder's end."""
    return "{" + text.replace("/", "|") + "}"


class Texts:
    """The texts of one definition; what a step hands on is rendered once.

    `hole` writes what only the start or the run decides.
    """

    def __init__(
        self,
        parameters: Mapping[str, ParameterDefinition],
        steps: Mapping[str, StepDefinition],
        hole: Callable[[str], str] = braced,
    ) -> None:
        self._parameters = parameters
        self._steps = steps
        self._hole = hole
        self._properties: dict[StepReference, str] = {}

    def of(self, written: Any, depth: int = 0) -> str | None:
        """`s3://bucket/{Execution.PipelineExecutionId}/train`, with holes where only the start or the run decides.

        Parameters count with their defaults. None for what is no text, is malformed, or too long for one.
        """
        if isinstance(written, str):
            return written
        if isinstance(written, bool):
            return str(written).lower()
        if isinstance(written, int | float):
            return str(written)
        if not (isinstance(written, Mapping) and is_expression(written)) or depth > _DEEPEST:
            return None
        try:
            expression = parse_expression(written)
        except ExpressionError:
            return None
        if isinstance(expression, Join):
            return self._joined(expression, depth)
        reference = expression.reference if isinstance(expression, Get) else None
        if isinstance(reference, ParameterReference):
            parameter = self._parameters.get(reference.name)
            if parameter is not None and parameter.default is not None:
                return self.of(parameter.default)
        if isinstance(reference, StepReference):
            return self._property(reference, self._written(written), depth)
        return self._written(written)

    def _joined(self, join: Join, depth: int) -> str | None:
        parts: list[str] = []
        length = 0
        for value in join.values:
            part = self.of(value, depth + 1)
            if part is None:
                return None
            length += len(part) + len(join.on)
            if length > _LONGEST + len(join.on):
                return None
            parts.append(part)
        return join.on.join(parts)

    def _property(self, reference: StepReference, hole: str, depth: int) -> str:
        if reference not in self._properties:
            # Known before it is rendered, so that steps which wait for each other come to an end.
            self._properties[reference] = hole
            step = self._steps.get(reference.step)
            text = self._handed_on(step, reference.path, depth) if step else None
            self._properties[reference] = hole if text is None else text
        return self._properties[reference]

    def _handed_on(self, step: StepDefinition, path: tuple[Segment, ...], depth: int) -> str | None:
        if step.type == "Training" and path == _MODEL:
            folder = self.of(
                _follow(step.arguments, ("OutputDataConfig", "S3OutputPath")), depth + 1
            )
            if folder is None:
                return None
            job = self._hole(f"Steps.{step.name}.TrainingJobName")
            return f"{folder.rstrip('/')}/{job}/output/model.tar.gz"
        # The service names jobs and models itself, whatever name the request has.
        if len(path) == 1 and str(path[0]).endswith("Name"):
            return None
        return self.of(_follow(step.arguments, path), depth + 1)

    def _written(self, expression: Mapping[str, Any]) -> str:
        [(function, body)] = expression.items()
        return self._hole(
            body if isinstance(body, str) else f"{function} {json.dumps(body, sort_keys=True)}"
        )


def _follow(value: Any, path: Iterable[Segment]) -> Any:
    """The member of a request that a property repeats; None when it has none."""
    for segment in path:
        if isinstance(value, list):
            value = _entry(value, segment)
        elif isinstance(value, Mapping):
            value = value.get(segment.name if isinstance(segment, Key) else segment)
        else:
            return None
    return value


def _entry(listed: list[Any], segment: Segment) -> Any:
    if isinstance(segment, int):
        return listed[segment] if segment < len(listed) else None
    if not isinstance(segment, Key):
        return None
    return next(
        (
            entry
            for entry in listed
            if isinstance(entry, Mapping)
            and any(entry.get(naming) == segment.name for naming in _NAMING)
        ),
        None,
    )
