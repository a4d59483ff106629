from __future__ import annotations

from pipelines.rules._base import ProblemRule


class PropertyPath(ProblemRule):
    """A reference follows a path that the step does not have.

    The properties of a step are the members of its Describe call's answer.

    Wrong:
        {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifact"}

    Right:
        {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    """

    code = "E3003"
    kinds = ("property-path",)
