"""What of a step's request is known before the start: parameters at their defaults, values of other steps followed.

What only an execution decides is `*`: `s3://bucket/prefix/house-price/*/Prepare/train`. Pure; takes any JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.expressions import is_expression
from pipelines.definition.texts import Texts

UNKNOWN = "*"


class KnownValues:
    """Reads the values of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._texts = Texts(
            {each.name: each for each in definition.parameters},
            {each.name: each for step in definition.steps for each in (step, *step.body)},
            lambda _: UNKNOWN,
        )

    def text(self, value: object) -> str:
        """The value as it reads in a request, `*` for each part that is not known."""
        text = self._texts.of(value)
        return UNKNOWN if text is None else text

    def number(self, value: object, otherwise: int) -> int:
        """A whole number such as an instance count; `otherwise` when it is not known."""
        text = self.text(value)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


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
