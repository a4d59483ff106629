from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import first_party, hint, shown
from pipelines.rules.algorithms._metrics import defined
from pipelines.rules.algorithms._tuning import objective_of


class ObjectiveUndefined(Rule):
    """A tuning job of your own image has no definition of its objective.

    The service finds the metric in the log with a Regex in MetricDefinitions; without it no training job counts.

    Wrong:
        {"MetricName": "accuracy", "MetricDefinitions": [{"Name": "acc", "Regex": "acc=([0-9.]+)"}]}

    Right:
        {"MetricName": "accuracy", "MetricDefinitions": [{"Name": "accuracy", "Regex": "acc=([0-9.]+)"}]}
    """

    code = "E8506"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            objective = objective_of(subject, training) if training.tuned else None
            names = defined(subject, training)
            if objective is None or objective.metric is None or names is None:
                continue
            if first_party(subject, training) is False and objective.metric not in names:
                known = f"; {hint(objective.metric, sorted(names))}" if names else ""
                yield Match(
                    f"{training.pointer}/AlgorithmSpecification",
                    f"MetricDefinitions has no '{shown(objective.metric)}', which is the objective{known}; "
                    "add it, with a Regex that finds its value in the log",
                )
