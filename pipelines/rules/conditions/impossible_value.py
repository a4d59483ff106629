from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.check import near
from pipelines.definition.document import ParameterDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.conditions._operands import ORDERINGS, Operand, comparisons

_PREFIX = "Parameters."


class ImpossibleValue(Rule):
    """A condition compares a parameter with a value that its EnumValues do not allow.

    The two are never equal, so that one branch is never taken. Usually one of the two texts has a typing mistake.

    Wrong:
        {"Type": "Equals", "LeftValue": {"Get": "Parameters.Mode"}, "RightValue": "fsat"} with "EnumValues": ["fast", "full"]

    Right:
        {"Type": "Equals", "LeftValue": {"Get": "Parameters.Mode"}, "RightValue": "fast"}
    """

    code = "W5019"

    def check(self, subject: Subject) -> Iterator[Match]:
        for comparison in comparisons(subject):
            if comparison.condition.type in ORDERINGS:
                continue
            sides = (comparison.left, comparison.right)
            for one, other in (sides, sides[::-1]):
                parameter = _parameter(one.written, subject)
                if parameter and _impossible(other, parameter):
                    allowed = [value for value in parameter.allowed if isinstance(value, str)]
                    yield Match(
                        other.pointer,
                        f"parameter '{parameter.name}' is never '{other.written}', which its EnumValues do not list"
                        f"{near(other.written, allowed)}",
                    )


def _parameter(written: Any, subject: Subject) -> ParameterDefinition | None:
    name = written.get("Get") if isinstance(written, dict) else None
    if not (isinstance(name, str) and name.startswith(_PREFIX)):
        return None
    return subject.parameters.get(name.removeprefix(_PREFIX))


def _impossible(operand: Operand, parameter: ParameterDefinition) -> bool:
    return (
        isinstance(operand.written, str)
        and bool(parameter.allowed)
        and operand.written not in parameter.allowed
    )
