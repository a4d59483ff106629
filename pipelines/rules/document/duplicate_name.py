from __future__ import annotations

from pipelines.rules._base import ProblemRule


class DuplicateName(ProblemRule):
    """Two steps or two parameters have the same name.

    Names are unique in the whole definition, also between the branches of a condition and the bodies of ForEach steps.

    Wrong:
        [{"Name": "Train", ...}, {"Name": "Train", ...}]

    Right:
        [{"Name": "TrainLinear", ...}, {"Name": "TrainXGBoost", ...}]
    """

    code = "E1003"
    kinds = ("duplicate",)
