from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in
from pipelines.rules.algorithms._metrics import why_absent
from pipelines.rules.algorithms._tuning import Objective, objective_of


class ObjectiveAbsent(Rule):
    """A tuning job's objective is a metric that its training jobs will not emit.

    A metric of the channel `validation` needs that channel; LinearLearner's depend on predictor_type; XGBoost
    refuses `auc` for regression. Every training job is paid, and none counts.

    Wrong:
        {"MetricName": "validation:auc", "StaticHyperParameters": {"objective": "reg:squarederror"}}

    Right:
        {"MetricName": "validation:auc", "StaticHyperParameters": {"objective": "binary:logistic"}}
    """

    code = "E8502"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            objective = objective_of(subject, job.training) if job.training.tuned else None
            why = _why(job, objective) if objective else None
            if objective and why:
                yield Match(
                    f"{objective.pointer}/MetricName",
                    f"the training jobs will not emit '{objective.metric}': {why}; change that, or take "
                    "another metric",
                )


def _why(job: BuiltIn, objective: Objective) -> str | None:
    metric = job.algorithm.metric(objective.metric) if objective.metric else None
    if metric is None or not metric.objective:
        return None
    return why_absent(job, metric.name) or _refusal(job, metric.name.partition(":")[2])


def _refusal(job: BuiltIn, name: str) -> str | None:
    """XGBoost evaluates the objective like an eval_metric, and refuses it like one."""
    goal = job.value_of("objective")
    if job.algorithm.name != "xgboost" or not isinstance(goal, str):
        return None
    refusals = job.algorithm.cross_check({"eval_metric": name, "objective": goal})
    return refusals[0].removeprefix("eval_metric: ") if refusals else None
