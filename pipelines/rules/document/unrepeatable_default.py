from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_LONGEST_DEFAULT = 4096
_LONGEST_VALUE = 1024


class UnrepeatableDefault(Rule):
    """The default of a parameter is longer than the 1024 characters that a value at the start may have.

    The default works, but no start can give this value, nor a variation of it: an execution that is started again
    with the parameters of an earlier one is refused.

    Wrong:
        {"Name": "Columns", "Type": "String", "DefaultValue": "a,b,c, and two thousand characters more"}

    Right:
        {"Name": "ColumnsUri", "Type": "String", "DefaultValue": "s3://bucket/columns.txt"}
    """

    code = "I1014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for index, parameter in enumerate(subject.definition.parameters):
            length = len(parameter.default) if isinstance(parameter.default, str) else 0
            if _LONGEST_VALUE < length <= _LONGEST_DEFAULT:
                yield Match(
                    f"/Parameters/{index}/DefaultValue",
                    f"the default of '{parameter.name}' has {length} characters, but a value given at the start has "
                    f"at most {_LONGEST_VALUE}: no start can repeat or vary it",
                )
