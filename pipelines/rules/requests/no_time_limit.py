from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_DEFAULT = "the service stops it after 24 hours"


class NoTimeLimit(Rule):
    """A processing or training job has no limit of time.

    The service's default is a day: a job that hangs is paid for 24 hours. Give it what it needs in the worst case.

    Wrong:
        {"Type": "Processing", "Arguments": {"ProcessingResources": {...}, ...}}

    Right:
        {"Type": "Processing", "Arguments": {"StoppingCondition": {"MaxRuntimeInSeconds": 3600}, ...}}
    """

    code = "W2022"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type == "Processing" and step.arguments.get("StoppingCondition") is None:
                yield Match(
                    f"{step.pointer}/Arguments",
                    f"'StoppingCondition' is missing, so {_DEFAULT}; "
                    'add {"MaxRuntimeInSeconds": ...} with 1 to 777600 seconds',
                )
        for training in subject.training:
            request = training.request
            # A serverless job's time is the service's business; a tuned job that lacks the object is E2002's.
            if "ServerlessJobConfig" in request or (
                training.tuned and request.get("StoppingCondition") is None
            ):
                continue
            if mapping_at(request, "StoppingCondition").get("MaxRuntimeInSeconds") is None:
                yield Match(
                    training.pointer,
                    f"'MaxRuntimeInSeconds' of StoppingCondition is missing, so {_DEFAULT}; "
                    "give the seconds that the job needs at most",
                )
