from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, mapping
from pipelines.rules.algorithms._tuning import is_count, tunings, whole


class NeverImproving(Rule):
    """A tuning job ends before its completion criterion can.

    With MaxNumberOfTrainingJobsNotImproving as high as MaxNumberOfTrainingJobs, all training jobs have run before
    so many can have found nothing better.

    Wrong:
        {"MaxNumberOfTrainingJobs": 10, "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 10}}

    Right:
        {"MaxNumberOfTrainingJobs": 50, "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 10}}
    """

    code = "W8565"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            criteria = mapping(tuning.config.get("TuningJobCompletionCriteria"))
            improving = mapping(criteria.get("BestObjectiveNotImproving"))
            patience = whole(subject.value(improving.get("MaxNumberOfTrainingJobsNotImproving")))
            jobs = tuning.jobs
            if is_count(patience) and is_count(jobs) and patience >= jobs:
                yield Match(
                    f"{tuning.config_pointer}/TuningJobCompletionCriteria/BestObjectiveNotImproving",
                    f"after {patience} training jobs without improvement all {jobs} have run; give less, or "
                    "raise MaxNumberOfTrainingJobs",
                )
