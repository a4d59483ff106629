from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import is_count, tunings


class BayesianAtOnce(Rule):
    """A Bayesian search runs all of its training jobs at once.

    It chooses a job by what earlier ones found. With all at once there are no earlier ones: it is a random search.

    Wrong:
        {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 10}}

    Right:
        {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2}}
    """

    code = "W8533"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            jobs, parallel = tuning.jobs, tuning.parallel
            warm = tuning.arguments.get("WarmStartConfig") is not None
            at_once = is_count(jobs) and jobs > 1 and parallel == jobs
            if tuning.strategy == "Bayesian" and at_once and not warm:
                yield Match(
                    tuning.limit_pointer("MaxParallelTrainingJobs"),
                    f"all {jobs} training jobs run at once, so that none learns from another; lower "
                    "MaxParallelTrainingJobs, or take the strategy Random",
                )
