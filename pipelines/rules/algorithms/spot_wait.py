from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, TrainingDefinition, mapping


class SpotWait(Rule):
    """A managed spot job waits for less time than it may run, or does not say how long it waits.

    MaxWaitTimeInSeconds is the time to wait for capacity plus the time to run, so it must be given and not be
    below MaxRuntimeInSeconds: the service refuses the job.

    Wrong:
        {"EnableManagedSpotTraining": true, "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}

    Right:
        {"EnableManagedSpotTraining": true,
         "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}
    """

    code = "E8040"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            if subject.value(training.request.get("EnableManagedSpotTraining")) is True:
                yield from _wait(subject, training)


def _wait(subject: Subject, training: TrainingDefinition) -> Iterator[Match]:
    condition = mapping(training.request.get("StoppingCondition"))
    wait = subject.value(condition.get("MaxWaitTimeInSeconds"))
    run = subject.value(condition.get("MaxRuntimeInSeconds", 86_400))
    where = f"{training.pointer}/StoppingCondition"
    if wait is None:
        yield Match(
            where if "StoppingCondition" in training.request else training.pointer,
            f"managed spot training needs MaxWaitTimeInSeconds; add it, {run or 'MaxRuntimeInSeconds'} or more",
        )
    elif isinstance(wait, int) and isinstance(run, int) and wait < run:
        yield Match(
            f"{where}/MaxWaitTimeInSeconds",
            f"MaxWaitTimeInSeconds is {wait}, below the {run} of MaxRuntimeInSeconds, which it includes; "
            f"give {run} or more",
        )
