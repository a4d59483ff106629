from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject
from pipelines.rules._wording import shortened


class ParameterDefault(ProblemRule):
    """The default of a parameter breaks a constraint of the argument that it ends in.

    The service checks defaults at CreatePipeline as if they stood in the place of the reference.

    Wrong:
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": "data/houses.csv"}

    Right:
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": "s3://bucket/data/houses.csv"}
    """

    code = "E2006"
    kinds = ("default",)

    def check(self, subject: Subject) -> Iterator[Match]:
        for match in super().check(subject):
            yield Match(match.pointer, shortened(match.message))
