from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject


class WaitWithoutSpot(Rule):
    """MaxWaitTimeInSeconds is given but managed spot training is off.

    The time to wait is for spot capacity; the job runs on instances at the full price.

    Wrong:
        {"StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}

    Right:
        {"EnableManagedSpotTraining": true, "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}
    """

    code = "W2025"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            condition = mapping_at(training.request, "StoppingCondition")
            if condition.get("MaxWaitTimeInSeconds") is None:
                continue
            if subject.value(training.request.get("EnableManagedSpotTraining", False)) is False:
                yield Match(
                    f"{training.pointer}/StoppingCondition/MaxWaitTimeInSeconds",
                    'has a meaning only with managed spot training; add "EnableManagedSpotTraining": true, or remove it',
                )
