from __future__ import annotations

from pipelines.rules._base import ProblemRule


class AfterCondition(ProblemRule):
    """DependsOn names a Condition step.

    The service has refused that; a branch of the condition or a reference to its Outcome says the same.

    Wrong:
        {"Name": "Report", "DependsOn": ["CheckQuality"]}

    Right:
        {"Name": "Report", "Arguments": {"Environment": {"PASSED": {"Std:Join": {"On": "", "Values": [{"Get": "Steps.CheckQuality.Outcome"}]}}}}}
    """

    code = "E4004"
    kinds = ("after-condition",)
