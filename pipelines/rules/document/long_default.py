from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_LONGEST = 4096


class LongDefault(Rule):
    """The default of a parameter is longer than 4096 characters.

    Put a long text into S3 and make its URI the parameter.

    Wrong:
        {"Name": "Columns", "Type": "String", "DefaultValue": "a,b,c, and five thousand characters more"}

    Right:
        {"Name": "ColumnsUri", "Type": "String", "DefaultValue": "s3://bucket/columns.txt"}
    """

    code = "E1013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for index, parameter in enumerate(subject.definition.parameters):
            if isinstance(parameter.default, str) and len(parameter.default) > _LONGEST:
                yield Match(
                    f"/Parameters/{index}/DefaultValue",
                    f"the default of '{parameter.name}' has {len(parameter.default)} characters; {_LONGEST} are "
                    "allowed. Put the text into S3 and make its URI the parameter",
                )
