from __future__ import annotations

from pipelines.rules._base import ProblemRule


class AfterFail(ProblemRule):
    """A step depends on a Fail step.

    A Fail step ends the execution: the service answers "can not depends on".

    Wrong:
        {"Name": "Clean", "DependsOn": ["QualityTooLow"]}

    Right:
        {"Name": "Clean", "DependsOn": ["Evaluate"]}
    """

    code = "E4003"
    kinds = ("after-fail",)
