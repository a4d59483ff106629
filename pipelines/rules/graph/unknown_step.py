from __future__ import annotations

from pipelines.rules._base import ProblemRule


class UnknownStep(ProblemRule):
    """A reference or DependsOn names a step that does not exist.

    With the SDK: the step is missing in `Pipeline(steps=[...])`, or its name was written by hand. Steps in the body of
    a ForEach exist only inside of it.

    Wrong:
        {"Name": "Train", "DependsOn": ["Preprae"]}

    Right:
        {"Name": "Train", "DependsOn": ["Prepare"]}
    """

    code = "E4002"
    kinds = ("unknown-step",)
