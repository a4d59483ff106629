from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, mapping


class WaitWithoutSpot(Rule):
    """MaxWaitTimeInSeconds is given without managed spot training.

    The service refuses the job, when the step starts: "Invalid MaxWaitTimeInSeconds. It is only supported when
    EnableManagedSpotTraining is set to true".

    Wrong:
        {"StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}

    Right:
        {"EnableManagedSpotTraining": true,
         "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}
    """

    code = "E8041"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            condition = mapping(training.request.get("StoppingCondition"))
            spot = subject.value(training.request.get("EnableManagedSpotTraining"))
            waits = condition.get("MaxWaitTimeInSeconds") is not None
            if waits and (spot is None or spot is False):
                yield Match(
                    f"{training.pointer}/StoppingCondition/MaxWaitTimeInSeconds",
                    "MaxWaitTimeInSeconds is for managed spot training only; leave it out, or set "
                    "EnableManagedSpotTraining to true",
                )
