from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._ranges import ranges_of
from pipelines.rules.algorithms._tuning import tunings


class NoRanges(Rule):
    """A tuning job has nothing to tune.

    Without Autotune a tuning job needs at least one range; the service refuses it, when the step starts.

    Wrong:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random", "ParameterRanges": {}}}

    Right:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random", "ParameterRanges":
            {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}]}}}
    """

    code = "E8520"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            if tuning.is_autotuned or len(tuning.definitions) > 10:
                continue
            several = tuning.arguments.get("TrainingJobDefinitions") is not None
            member = "HyperParameterRanges" if several else "ParameterRanges"
            for training in tuning.definitions:
                if not ranges_of(subject, training):
                    yield Match(
                        training.pointer if several else tuning.config_pointer,
                        f"the tuning job has no range; add one to {member}, or set Autotune",
                    )
