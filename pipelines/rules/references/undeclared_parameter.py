from __future__ import annotations

from pipelines.rules._base import ProblemRule


class UndeclaredParameter(ProblemRule):
    """A reference names a parameter that the definition does not declare.

    With the SDK: the parameter is missing in `Pipeline(parameters=[...])`.

    Wrong:
        {"Parameters": [], "Steps": [{"...": {"Get": "Parameters.Seed"}}]}

    Right:
        {"Parameters": [{"Name": "Seed", "Type": "Integer"}], "Steps": [{"...": {"Get": "Parameters.Seed"}}]}
    """

    code = "E3002"
    kinds = ("undeclared",)
