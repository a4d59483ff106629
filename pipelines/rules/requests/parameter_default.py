from __future__ import annotations

from pipelines.rules._base import ProblemRule


class ParameterDefault(ProblemRule):
    """The default of a parameter breaks a constraint of the argument that it ends in.

    The service checks defaults at CreatePipeline as if they stood in the place of the reference.

    Wrong:
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": "data/houses.csv"}

    Right:
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": "s3://bucket/data/houses.csv"}
    """

    code = "E2006"
    kinds = ("default",)
