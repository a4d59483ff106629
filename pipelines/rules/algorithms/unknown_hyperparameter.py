from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.expressions import escape
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in, hint, shown, specified

# XGBoost containers before those whose facts are known here had them too.
_OLDER = frozenset(["silent", "_nfold", "single_precision_histogram"])


class UnknownHyperparameter(Rule):
    """A built-in algorithm has no such hyperparameter.

    The container checks its hyperparameters when it starts: the job fails after minutes, on a paid instance.

    Wrong:
        {"HyperParameters": {"num_round": "100", "max_dept": "6"}}

    Right:
        {"HyperParameters": {"num_round": "100", "max_depth": "6"}}
    """

    code = "E8001"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if job.repository != "xgboost":  # version 0.72, which nobody described
                yield from _unknown(job)


def _unknown(job: BuiltIn) -> Iterator[Match]:
    names = [known.name for known in job.algorithm.hyperparameters if known.name[0] != "_"]
    for name in job.training.hyperparameters:
        older = not job.is_described and name in _OLDER
        if specified(job.algorithm, name) is None and not older:
            yield Match(
                f"{job.pointer}/{escape(name)}",
                f"{job.algorithm.name} has no hyperparameter '{shown(name)}'; {hint(name, names)}",
            )
