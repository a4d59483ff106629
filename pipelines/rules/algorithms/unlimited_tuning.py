from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import tunings


class UnlimitedTuning(Rule):
    """A tuning job says neither how many training jobs it runs nor when it has done enough.

    How many the service then runs is not documented; only Grid has a number of its own.

    Wrong:
        {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 2}}

    Right:
        {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 20}}
    """

    code = "W8534"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            limited = any(
                tuning.limit(name) is not None
                for name in ("MaxNumberOfTrainingJobs", "MaxRuntimeInSeconds")
            )
            ends = tuning.config.get("TuningJobCompletionCriteria") or tuning.is_autotuned
            if tuning.strategy in ("Random", "Bayesian", "Hyperband") and not limited and not ends:
                yield Match(
                    f"{tuning.config_pointer}/ResourceLimits",
                    "nothing limits the number of training jobs; add MaxNumberOfTrainingJobs",
                )
