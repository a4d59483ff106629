from __future__ import annotations

from pipelines.rules._base import ProblemRule


class UnknownStep(ProblemRule):
    """A reference or DependsOn names a step that does not exist.

    Wrong:
        {"Name": "Train", "DependsOn": ["Preprae"]}

    Right:
        {"Name": "Train", "DependsOn": ["Prepare"]}
    """

    code = "E4002"
    kinds = ("unknown-step",)
