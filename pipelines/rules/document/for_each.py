from __future__ import annotations

from pipelines.rules._base import ProblemRule


class ForEach(ProblemRule):
    """A ForEach step repeats something that cannot be repeated, or too much of it.

    Up to 100 items, 1 to 50 at once, and no Condition, Fail or ForEach in the body.

    Wrong:
        {"IterableItems": [], "MaxConcurrency": 0, "ForEachBody": [...]}

    Right:
        {"IterableItems": ["a", "b"], "MaxConcurrency": 2, "ForEachBody": [...]}
    """

    code = "E1005"
    kinds = ("for-each",)
