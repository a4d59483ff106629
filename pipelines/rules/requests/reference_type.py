from __future__ import annotations

from pipelines.rules._base import ProblemRule


class ReferenceType(ProblemRule):
    """A reference gives another type than the argument takes.

    Numbers in string fields are the usual case: hyperparameters and environment values are strings. CreatePipeline
    refuses with "Cannot assign property reference". A whole list cannot come from one parameter either.

    Wrong:
        {"HyperParameters": {"max_depth": {"Get": "Parameters.MaxDepth"}}}

    Right:
        {"HyperParameters": {"max_depth": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.MaxDepth"}]}}}}
    """

    code = "E2005"
    kinds = ("reference-type",)
