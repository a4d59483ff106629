from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in
from pipelines.rules.algorithms._tuning import objective_of

_OF_REGRESSION = frozenset(
    [
        "rmse",
        "mse",
        "mae",
        "mape",
        "rmsle",
        "r2",
        "mphe",
        "gamma-deviance",
        "gamma-nloglik",
        "poisson-nloglik",
        "tweedie-nloglik",
    ]
)
_OF_CLASSES = frozenset(["merror", "mlogloss"])
_OF_LABELS = frozenset(
    [
        "accuracy",
        "balanced_accuracy",
        "f1",
        "f1_binary",
        "f1_macro",
        "precision",
        "precision_macro",
        "precision_micro",
        "recall",
        "recall_macro",
        "recall_micro",
    ]
)
_OF_TWO = frozenset(["error", "logloss"])


class ObjectiveTask(Rule):
    """XGBoost is tuned for a metric of another kind of task than it learns.

    `rmse` over predicted classes depends on how classes are numbered; `mlogloss` needs a probability per class.
    The tuning job finds the best of something else than was meant, or its training jobs fail.

    Wrong:
        {"MetricName": "validation:rmse", "StaticHyperParameters": {"objective": "multi:softmax"}}

    Right:
        {"MetricName": "validation:merror", "StaticHyperParameters": {"objective": "multi:softmax"}}
    """

    code = "W8503"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if job.algorithm.name != "xgboost" or not job.training.tuned:
                continue
            objective = objective_of(subject, job.training)
            name = (objective.metric or "").partition(":")[2] if objective else ""
            fitting = _fitting(job, name)
            if objective and fitting:
                yield Match(
                    f"{objective.pointer}/MetricName",
                    f"'{objective.metric}' does not suit objective {job.value_of('objective')}; "
                    f"take one of validation:{', validation:'.join(fitting)}",
                )


def _fitting(job: BuiltIn, name: str) -> tuple[str, ...]:
    """Metrics that would suit the objective when this one does not."""
    goal = job.value_of("objective")
    if not isinstance(goal, str):
        return ()
    if goal.startswith("multi:"):
        return ("merror", "mlogloss", "accuracy") if name in _OF_REGRESSION | _OF_TWO else ()
    if goal.startswith("binary:"):
        return ("auc", "logloss", "error") if name in _OF_CLASSES else ()
    if goal.startswith("reg:") and goal != "reg:logistic":
        return ("rmse", "mae") if name in _OF_CLASSES | _OF_LABELS | _OF_TWO else ()
    return ()
