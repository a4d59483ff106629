from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject, TrainingDefinition

_DAY = 86_400


class SpotWait(Rule):
    """A job with managed spot training has no MaxWaitTimeInSeconds, or one below its MaxRuntimeInSeconds.

    The wait includes the run: it is the time for both, so it is never shorter. Without MaxRuntimeInSeconds the run may
    take a day.

    Wrong:
        {"EnableManagedSpotTraining": true, "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 600}}

    Right:
        {"EnableManagedSpotTraining": true, "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}}
    """

    code = "E2024"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            if subject.value(training.request.get("EnableManagedSpotTraining")) is True:
                yield from _match(subject, training)


def _match(subject: Subject, training: TrainingDefinition) -> Iterator[Match]:
    condition = mapping_at(training.request, "StoppingCondition")
    where = f"{training.pointer}/StoppingCondition"
    if condition.get("MaxWaitTimeInSeconds") is None:
        if "StoppingCondition" in training.request and not condition:
            return  # no object: told elsewhere, or known at start
        yield Match(
            where if condition else training.pointer,
            "managed spot training needs 'MaxWaitTimeInSeconds' in StoppingCondition: the time for waiting and running",
        )
        return
    wait = subject.value(condition["MaxWaitTimeInSeconds"])
    run = subject.value(condition.get("MaxRuntimeInSeconds", _DAY))
    if isinstance(wait, int) and isinstance(run, int) and wait < run:
        default = "" if "MaxRuntimeInSeconds" in condition else " (the default)"
        yield Match(
            f"{where}/MaxWaitTimeInSeconds",
            f"{wait} is less than MaxRuntimeInSeconds {run}{default}; it must be equal or greater",
        )
