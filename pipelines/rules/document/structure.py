from __future__ import annotations

from pipelines.rules._base import ProblemRule


class Structure(ProblemRule):
    """A part of the definition has the wrong JSON kind, or a value that the language does not know.

    CreatePipeline answers "Unable to parse pipeline definition" without saying where.

    Wrong:
        {"Name": "Train", "Type": "Trainig", "Arguments": {}}

    Right:
        {"Name": "Train", "Type": "Training", "Arguments": {}}
    """

    code = "E1001"
    kinds = ("document",)
