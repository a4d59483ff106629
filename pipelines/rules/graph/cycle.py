from __future__ import annotations

from pipelines.rules._base import ProblemRule


class Cycle(ProblemRule):
    """Steps wait for each other in a circle.

    Wrong:
        Train depends on Evaluate, and Evaluate reads Steps.Train.ModelArtifacts

    Right:
        Evaluate reads Steps.Train.ModelArtifacts, and Train depends on nothing of it
    """

    code = "E4001"
    kinds = ("cycle",)
