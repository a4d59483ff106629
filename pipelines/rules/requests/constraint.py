from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject
from pipelines.rules._wording import shortened


class Constraint(ProblemRule):
    """A literal in the Arguments breaks a constraint of the API: allowed values, pattern, length, number of entries.

    CreatePipeline refuses it, without the place: "Model Validation failed". Of long lists of allowed values, such as
    the types of instances, the near ones are shown.

    Wrong:
        {"ProcessingInputs": [{"InputName": "data", "S3Input": {"S3InputMode": "FastFile", ...}}]}

    Right:
        {"ProcessingInputs": [{"InputName": "data", "S3Input": {"S3InputMode": "File", ...}}]}
    """

    code = "E2004"
    kinds = ("constraint",)

    def check(self, subject: Subject) -> Iterator[Match]:
        for match in super().check(subject):
            yield Match(match.pointer, shortened(match.message))
