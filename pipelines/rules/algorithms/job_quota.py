from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.tuning_limits import MOST_JOBS, MOST_PARALLEL_JOBS, MOST_RANDOM_JOBS
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import Tuning, is_count, tunings


class JobQuota(Rule):
    """A tuning job asks for more training jobs than the service allows.

    At most 750 training jobs (10,000 with the strategy Random), 100 of them at once: no quota goes higher.

    Wrong:
        {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 5000}}

    Right:
        {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 500}}
    """

    code = "E8531"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            random = tuning.strategy not in ("Bayesian", "Hyperband", "Grid")
            most = MOST_RANDOM_JOBS if random else MOST_JOBS
            yield from _above(tuning, "MaxNumberOfTrainingJobs", most)
            yield from _above(tuning, "MaxParallelTrainingJobs", MOST_PARALLEL_JOBS)


def _above(tuning: Tuning, name: str, most: int) -> Iterator[Match]:
    count = tuning.limit(name)
    if is_count(count) and count > most:
        yield Match(tuning.limit_pointer(name), f"{name} is {count}; give {most} or less")
