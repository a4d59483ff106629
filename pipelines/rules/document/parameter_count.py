from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_MOST = 200


class ParameterCount(Rule):
    """The definition declares more than 200 parameters.

    StartPipelineExecution takes 200 of them. What never differs between two starts is better written into the
    definition; a family of settings fits into one file in S3.

    Wrong:
        {"Parameters": [{"Name": "Column1"}, {"Name": "Column2"}, ...]}

    Right:
        {"Parameters": [{"Name": "ColumnsUri", "Type": "String"}]}
    """

    code = "E1011"

    def check(self, subject: Subject) -> Iterator[Match]:
        count = len(subject.definition.parameters)
        if count > _MOST:
            yield Match(
                "/Parameters",
                f"{count} parameters are declared; a pipeline has at most {_MOST}. Write what never differs between "
                "two starts into the definition",
            )
