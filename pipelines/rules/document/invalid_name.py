from __future__ import annotations

from pipelines.rules._base import ProblemRule


class InvalidName(ProblemRule):
    """The name of a step or parameter has characters that are not allowed, or is too long.

    Wrong:
        {"Name": "train model", "Type": "Training"}

    Right:
        {"Name": "train-model", "Type": "Training"}
    """

    code = "E1004"
    kinds = ("name",)
