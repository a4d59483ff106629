from __future__ import annotations

from pipelines.rules._base import ProblemRule


class MissingArgument(ProblemRule):
    """The Arguments of a step lack a member that the Create call requires.

    A null counts as missing. What the service gives itself, such as the names of jobs, is not asked for.

    Wrong:
        {"Type": "Training", "Arguments": {"AlgorithmSpecification": {"TrainingInputMode": "File"}}}

    Right:
        {"Type": "Training", "Arguments": {"AlgorithmSpecification": {...}, "OutputDataConfig": {...}, "RoleArn": "..."}}
    """

    code = "E2002"
    kinds = ("missing",)
