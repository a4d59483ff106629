from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, hint, shown
from pipelines.rules.algorithms._tuning import objective_of


class TuningObjective(Rule):
    """A tuning job's objective is none of the built-in algorithm's.

    Only some of the metrics may be an objective: those of the training data may not. The service refuses the job,
    when the step starts.

    Wrong:
        {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "train:rmse"}}

    Right:
        {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"}}
    """

    code = "E8501"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            objective = objective_of(subject, job.training) if job.training.tuned else None
            if objective is None or objective.metric is None:
                continue
            allowed = [metric.name for metric in job.algorithm.metrics if metric.objective]
            if objective.metric not in allowed:
                yield Match(
                    f"{objective.pointer}/MetricName",
                    f"{job.algorithm.name} cannot be tuned for '{shown(objective.metric)}'; "
                    f"{hint(objective.metric, allowed)}",
                )
