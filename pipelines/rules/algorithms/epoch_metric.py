from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in
from pipelines.rules.algorithms._tuning import Tuning, objective_of, tunings


class EpochMetric(Rule):
    """LinearLearner's training jobs shall be stopped early by a metric that comes at their end.

    Hyperband and early stopping compare training jobs after each epoch. LinearLearner reports only
    `validation:objective_loss` then, all other metrics once, after training: nothing is ever stopped.

    Wrong:
        {"TrainingJobEarlyStoppingType": "Auto", "MetricName": "validation:mse"}

    Right:
        {"TrainingJobEarlyStoppingType": "Auto", "MetricName": "validation:objective_loss"}
    """

    code = "W8545"

    def check(self, subject: Subject) -> Iterator[Match]:
        steps: Mapping[str, Tuning] = {each.step.pointer: each for each in tunings(subject)}
        for job in built_in(subject):
            tuning = steps.get(job.training.step.pointer)
            objective = objective_of(subject, job.training) if tuning else None
            if tuning is None or objective is None or job.algorithm.name != "linear-learner":
                continue
            metric = job.algorithm.metric(objective.metric or "")
            stops = tuning.stops_early or tuning.strategy == "Hyperband"
            if stops and metric and metric.objective and metric.name != "validation:objective_loss":
                yield Match(
                    f"{objective.pointer}/MetricName",
                    f"'{metric.name}' has no value before the end of training, so no job is stopped early; "
                    "take validation:objective_loss, or another strategy and no early stopping",
                )
