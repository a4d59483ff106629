from __future__ import annotations

from pipelines.rules._base import ProblemRule


class JsonKind(ProblemRule):
    """A literal in the Arguments has the wrong JSON kind: a number where the API takes a string, a string where it takes a list.

    Hyperparameters, environment values and tuning ranges are strings at the API, numbers too.

    Wrong:
        {"HyperParameters": {"eta": 0.1}}

    Right:
        {"HyperParameters": {"eta": "0.1"}}
    """

    code = "E2003"
    kinds = ("json-kind",)
