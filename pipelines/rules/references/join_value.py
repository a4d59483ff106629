from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import StepReference, is_expression, parse_reference
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class JoinValue(Rule):
    """A Std:Join joins something that has no text: a list, an object, or null.

    Texts, numbers and booleans can be joined, and references to them.

    Wrong:
        {"Std:Join": {"On": "/", "Values": [{"Get": "Steps.Train.ModelArtifacts"}, "model.tar.gz"]}}

    Right:
        {"Std:Join": {"On": "/", "Values": [{"Get": "Steps.Train.OutputDataConfig.S3OutputPath"}, "model.tar.gz"]}}
    """

    code = "E3019"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for where, expression in step.expressions:
                join = expression.get("Std:Join")
                values = join.get("Values") if isinstance(join, Mapping) else None
                for index, value in enumerate(values if isinstance(values, list) else ()):
                    if found := _textless(value, subject):
                        yield Match(
                            f"{where}/Std:Join/Values/{index}",
                            f"{found} has no text that could be joined; refer to a text or number in it",
                        )


def _textless(value: Any, subject: Subject) -> str | None:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, Mapping):
        return None
    if not is_expression(value):
        return "an object"
    if "Get" not in value:
        return None
    try:
        reference = parse_reference(value["Get"])
    except ExpressionError:
        return None
    if not isinstance(reference, StepReference) or reference.property_file:
        return None
    kind = subject.property_types.of(reference).kind
    names = {"Object": "an object", "Array": "a list"}
    return f"'{value['Get']}' is {names[kind]}, which" if kind in names else None
