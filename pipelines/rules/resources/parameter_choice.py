from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    Get,
    ParameterReference,
    is_expression,
    parse_expression,
)
from pipelines.definition.requests.shapes import Mistyped
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, reader
from pipelines.rules._wording import shortened


class ParameterChoice(Rule):
    """An allowed value of a parameter breaks a constraint of the argument that it ends in.

    Whoever starts the pipeline may choose it, and the step then fails. A type of instance that a training job may have
    is not always one for a transform job, so one parameter for both needs the types that both have.

    Wrong:
        {"Name": "InstanceType", "Type": "String", "EnumValues": ["ml.m5.large", "m5.xlarge"]}

    Right:
        {"Name": "InstanceType", "Type": "String", "EnumValues": ["ml.m5.large", "ml.m5.xlarge"]}
    """

    code = "E9001"

    def check(self, subject: Subject) -> Iterator[Match]:
        places = {
            each.name: index
            for index, each in reversed(list(enumerate(subject.definition.parameters)))
        }
        seen: set[tuple[str, str]] = set()
        for member in subject.members:
            name = _parameter(member.value)
            parameter = subject.parameters.get(name) if name else None
            if name is None or parameter is None or (name, member.shape) in seen:
                continue
            seen.add((name, member.shape))
            for index, choice in enumerate(parameter.allowed):
                # The default is checked in its place (E2006).
                if choice != parameter.default and (problem := _refusal(member.shape, choice)):
                    yield Match(
                        f"/Parameters/{places[name]}/EnumValues/{index}",
                        f"{shortened(problem)} ({member.name} of step '{member.step.name}', {member.pointer})",
                    )


def _parameter(value: object) -> str | None:
    if not (isinstance(value, Mapping) and is_expression(value)):
        return None
    try:
        expression = parse_expression(value)
    except ExpressionError:
        return None
    reference = expression.reference if isinstance(expression, Get) else None
    return reference.name if isinstance(reference, ParameterReference) else None


def _refusal(shape: str, choice: object) -> str | None:
    broken: list[str] = []
    try:
        reader(shape)(choice, "", broken)
    except Mistyped:
        return None  # the types are E2005's
    return broken[0].replace(" at ''", "") if broken else None
