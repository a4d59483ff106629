from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from pipelines.definition.expressions import ParameterReference, references, walk
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class UnusedParameter(Rule):
    """A parameter is declared but nothing refers to it.

    The service takes it, and every value given at a start is silently without effect. Usually the place that should
    use the parameter holds a fixed value.

    Wrong:
        {"Parameters": [{"Name": "Epochs", "Type": "Integer"}], "Steps": [{"...": {"HyperParameters": {"epochs": "10"}}}]}

    Right:
        {"HyperParameters": {"epochs": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Epochs"}]}}}}
    """

    code = "W1017"

    def check(self, subject: Subject) -> Iterator[Match]:
        used = {
            reference.name
            for _, reference in references(_expressions(subject))
            if isinstance(reference, ParameterReference)
        }
        # A reference that is misspelt is another finding; it means one of those declared.
        meant = {
            near
            for name in used - set(subject.parameters)
            for near in difflib.get_close_matches(name, subject.parameters, n=1)
        }
        for index, parameter in enumerate(subject.definition.parameters):
            if parameter.name and not (
                parameter.name in used | meant or _written(parameter.name, subject)
            ):
                yield Match(
                    f"/Parameters/{index}",
                    f"nothing refers to parameter '{parameter.name}': a value given at the start has no effect. "
                    f'Use {{"Get": "Parameters.{parameter.name}"}} where it belongs, or remove it',
                )


def _expressions(subject: Subject) -> Iterator[tuple[str, Mapping[str, object]]]:
    for step in subject.all_steps:
        yield from step.expressions
    document = subject.definition.document
    yield from walk({key: value for key, value in document.items() if key != "Steps"})


def _written(name: str, subject: Subject) -> bool:
    """Whether a reference was meant that became plain text, which other rules tell."""
    return f"Parameters.{name}" in subject.text or f"name='{name}'" in subject.text
