from __future__ import annotations

from pipelines.rules._base import ProblemRule


class UnknownProperty(ProblemRule):
    """An object of the definition has a member that the language does not know.

    CreatePipeline refuses it: "Cannot parse object, unknown property". Often a spelling, or a member of another object.

    Wrong:
        {"Name": "Train", "Type": "Training", "DependOn": ["Prepare"]}

    Right:
        {"Name": "Train", "Type": "Training", "DependsOn": ["Prepare"]}
    """

    code = "E1002"
    kinds = ("unknown-property",)
