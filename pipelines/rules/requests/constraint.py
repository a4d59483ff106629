from __future__ import annotations

from pipelines.rules._base import ProblemRule


class Constraint(ProblemRule):
    """A literal in the Arguments breaks a constraint of the API: enum, pattern, length, or number of entries.

    Wrong:
        {"ProcessingInputs": [{"InputName": "data", "S3Input": {"S3InputMode": "FastFile", ...}}]}

    Right:
        {"ProcessingInputs": [{"InputName": "data", "S3Input": {"S3InputMode": "File", ...}}]}
    """

    code = "E2004"
    kinds = ("constraint",)
