from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject


class ParallelJobs(Rule):
    """A tuning job may run more training jobs at a time than it has.

    MaxParallelTrainingJobs is more than MaxNumberOfTrainingJobs: all start at once, so none learns from another, and
    the strategy is a random search at best.

    Wrong:
        {"ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 10}}

    Right:
        {"ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2}}
    """

    code = "W2033"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type != "Tuning":
                continue
            limits = mapping_at(step.arguments, "HyperParameterTuningJobConfig", "ResourceLimits")
            most = subject.value(limits.get("MaxNumberOfTrainingJobs"))
            parallel = subject.value(limits.get("MaxParallelTrainingJobs"))
            if isinstance(most, int) and isinstance(parallel, int) and parallel > most:
                yield Match(
                    f"{step.pointer}/Arguments/HyperParameterTuningJobConfig/ResourceLimits/MaxParallelTrainingJobs",
                    f"{parallel} is more than MaxNumberOfTrainingJobs {most}: all jobs start at once, none learns from "
                    "another",
                )
