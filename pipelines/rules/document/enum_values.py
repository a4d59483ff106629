from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.document import ParameterDefinition, ParameterType
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class EnumValues(Rule):
    """EnumValues lists something that no start can choose, or belongs to a parameter that is no text.

    Only String parameters have EnumValues in what the SDK writes; what the service makes of others is not known.
    An empty text or a number in the list can never be given, and a duplicate is often a typing mistake.

    Wrong:
        {"Name": "Loss", "Type": "String", "EnumValues": ["squared_loss", "squared_loss", ""]}

    Right:
        {"Name": "Loss", "Type": "String", "EnumValues": ["squared_loss", "huber_loss"]}
    """

    code = "W1016"

    def check(self, subject: Subject) -> Iterator[Match]:
        for index, parameter in enumerate(subject.definition.parameters):
            where = f"/Parameters/{index}/EnumValues"
            if parameter.allowed and parameter.type is not ParameterType.STRING:
                yield Match(
                    where,
                    f"'{parameter.name}' is of type {parameter.type}; EnumValues is for String parameters only. "
                    "Remove it, or make the parameter a String",
                )
                continue
            yield from _entries(parameter, where)


def _entries(parameter: ParameterDefinition, where: str) -> Iterator[Match]:
    seen: set[str] = set()
    for position, value in enumerate(parameter.allowed):
        if problem := _problem(value, seen):
            yield Match(f"{where}/{position}", problem)


def _problem(value: Any, seen: set[str]) -> str | None:
    if not isinstance(value, str):
        return "the values of a String parameter are texts: write this one in quotes"
    if not value:
        return "an empty text cannot be given at a start; use a word such as 'none'"
    if value in seen:
        return f"'{value}' is listed twice; remove one, or correct it"
    seen.add(value)
    return None
