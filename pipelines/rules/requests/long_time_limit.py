from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_LONGEST = 28 * 86_400


class LongTimeLimit(Rule):
    """A training job's MaxRuntimeInSeconds is more than 28 days.

    The model of the API has no upper bound, the service has. A number of milliseconds is the usual reason.

    Wrong:
        {"StoppingCondition": {"MaxRuntimeInSeconds": 3600000}}

    Right:
        {"StoppingCondition": {"MaxRuntimeInSeconds": 3600}}
    """

    code = "E2023"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            condition = mapping_at(training.request, "StoppingCondition")
            seconds = subject.value(condition.get("MaxRuntimeInSeconds"))
            if isinstance(seconds, int) and seconds > _LONGEST:
                yield Match(
                    f"{training.pointer}/StoppingCondition/MaxRuntimeInSeconds",
                    f"{seconds} seconds are more than 28 days ({_LONGEST}), the longest a training job may run",
                )
