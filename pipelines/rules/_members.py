"""Every member of the steps' requests with the shape that SageMaker's model has for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.definition.expressions import escape, is_expression
from pipelines.definition.requests.property_types import STEP_REQUESTS
from pipelines.definition.requests.shapes import Shape


@dataclass(frozen=True)
class Member:
    """`value` at `pointer`; `shape` is the name of its shape, `name` the member it stands in (a list's for entries)."""

    step: StepDefinition
    pointer: str
    name: str
    shape: str
    value: Any


def members(step: StepDefinition, shapes: Mapping[str, Shape]) -> Iterator[Member]:
    """The request itself, its members, their entries and so on; nothing inside of expressions or unknown members."""
    request = STEP_REQUESTS.get(step.type)
    if request is None:
        return
    todo = [Member(step, f"{step.pointer}/Arguments", "Arguments", request.shape, step.arguments)]
    while todo:
        member = todo.pop()
        yield member
        todo += reversed(list(_inner(member, shapes[member.shape])))


def _inner(member: Member, shape: Shape) -> Iterator[Member]:
    value, kind = member.value, shape["type"]
    if kind == "list" and isinstance(value, list):
        entry = shape["member"]["shape"]
        for index, each in enumerate(value):
            yield Member(member.step, f"{member.pointer}/{index}", member.name, entry, each)
    elif isinstance(value, Mapping) and not is_expression(value):
        for key, each in value.items():
            where = f"{member.pointer}/{escape(key)}"
            if kind == "structure" and key in shape["members"]:
                yield Member(member.step, where, key, shape["members"][key]["shape"], each)
            elif kind == "map":
                yield Member(member.step, where, member.name, shape["value"]["shape"], each)
