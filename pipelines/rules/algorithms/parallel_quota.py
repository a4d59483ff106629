from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.tuning_limits import DEFAULT_PARALLEL_JOBS, MOST_PARALLEL_JOBS
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import is_count, tunings


class ParallelQuota(Rule):
    """A tuning job runs more training jobs at once than an account may by default.

    The quota is 10 until it is raised, up to 100. Also, the more jobs run at once, the less a Bayesian search has
    learnt before it chooses the next.

    Wrong:
        {"MaxNumberOfTrainingJobs": 100, "MaxParallelTrainingJobs": 20}

    Right:
        {"MaxNumberOfTrainingJobs": 100, "MaxParallelTrainingJobs": 10}
    """

    code = "W8532"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            jobs, parallel = tuning.jobs, tuning.parallel
            # More than there are jobs never run at once.
            if is_count(parallel) and is_count(jobs) and parallel > jobs:
                continue
            if is_count(parallel) and DEFAULT_PARALLEL_JOBS < parallel <= MOST_PARALLEL_JOBS:
                yield Match(
                    tuning.limit_pointer("MaxParallelTrainingJobs"),
                    f"MaxParallelTrainingJobs is {parallel}, above the default quota of {DEFAULT_PARALLEL_JOBS}; lower it, "
                    "or make sure that the account's quota was raised",
                )
