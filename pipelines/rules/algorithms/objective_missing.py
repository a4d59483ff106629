from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import objective_of, tunings


class ObjectiveMissing(Rule):
    """A tuning job has no objective.

    Nothing says which training job is the best; the service refuses the job, when the step starts.

    Wrong:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random"}}

    Right:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random", "HyperParameterTuningJobObjective":
            {"Type": "Minimize", "MetricName": "validation:rmse"}}}
    """

    code = "E8505"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            several = tuning.arguments.get("TrainingJobDefinitions") is not None
            for training in tuning.definitions:
                if objective_of(subject, training) is None:
                    member = "TuningObjective" if several else "HyperParameterTuningJobObjective"
                    yield Match(
                        training.pointer if several else tuning.config_pointer,
                        f"the tuning job has no objective; add {member} with Type and MetricName",
                    )
