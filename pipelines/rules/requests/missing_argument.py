from __future__ import annotations

from pipelines.rules._base import ProblemRule


class MissingArgument(ProblemRule):
    """The Arguments of a step lack a member that the Create call requires.

    Wrong:
        {"Type": "Training", "Arguments": {"AlgorithmSpecification": {"TrainingInputMode": "File"}}}

    Right:
        {"Type": "Training", "Arguments": {"AlgorithmSpecification": {...}, "OutputDataConfig": {...}, "RoleArn": "..."}}
    """

    code = "E2002"
    kinds = ("missing",)
