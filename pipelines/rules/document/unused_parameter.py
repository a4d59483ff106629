from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from pipelines.definition.expressions import ParameterReference, references, walk
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_WRITTEN = re.compile(r"Parameters\.([A-Za-z0-9\-_]+)|name='([^']*)'")
# A definition with more parameters is refused for it.
_MOST_PARAMETERS = 200
_MOST_COMPARED = 50


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
        declared = list(subject.parameters)[:_MOST_PARAMETERS]
        # A reference that is misspelt is another finding; it means one of those declared.
        meant = {
            near
            for name in islice(sorted(used - set(subject.parameters)), _MOST_COMPARED)
            for near in difflib.get_close_matches(name, declared, n=1)
        }
        # Whether a reference was meant that became plain text, which other rules tell.
        written = {name for found in _WRITTEN.findall(subject.text) for name in found}
        known = used | meant | written
        for index, parameter in enumerate(subject.definition.parameters):
            if parameter.name and parameter.name not in known:
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
