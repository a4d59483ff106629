from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import is_count, tunings


class ParallelAboveJobs(Rule):
    """A tuning job may run more training jobs at once than it has.

    MaxParallelTrainingJobs above MaxNumberOfTrainingJobs never comes about; mostly the two were exchanged.

    Wrong:
        {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 20}

    Right:
        {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2}
    """

    code = "W8530"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            jobs, parallel = tuning.jobs, tuning.parallel
            if is_count(jobs) and is_count(parallel) and parallel > jobs:
                yield Match(
                    tuning.limit_pointer("MaxParallelTrainingJobs"),
                    f"MaxParallelTrainingJobs is {parallel}, but there are {jobs} training jobs; "
                    f"give {jobs} or less",
                )
