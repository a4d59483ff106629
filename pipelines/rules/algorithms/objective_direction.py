from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in
from pipelines.rules.algorithms._tuning import objective_of


class ObjectiveDirection(Rule):
    """A tuning job looks for the worst value of its objective.

    It runs and pays for all of its training jobs, and the step's best training job is the worst.

    Wrong:
        {"Type": "Maximize", "MetricName": "validation:rmse"}

    Right:
        {"Type": "Minimize", "MetricName": "validation:rmse"}
    """

    code = "W8504"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            objective = objective_of(subject, job.training) if job.training.tuned else None
            metric = job.algorithm.metric(objective.metric or "") if objective else None
            if not (objective and metric and metric.direction):
                continue
            if objective.type in ("Minimize", "Maximize") and objective.type != metric.direction:
                better = "lower" if metric.direction == "Minimize" else "higher"
                yield Match(
                    f"{objective.pointer}/Type",
                    f"{objective.type} '{metric.name}' finds the worst model, as {better} is better; "
                    f"set Type to {metric.direction}",
                )
