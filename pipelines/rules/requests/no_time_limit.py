from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_DEFAULT = "the service stops it after 24 hours"


class NoTimeLimit(Rule):
    """A training job has no limit of time.

    The service's default is a day: a job that hangs is paid for 24 hours. Give it what it needs in the worst case. Processing jobs
    have the same default, but the SDK and AWS's own templates leave it at that, and a warning for nearly every step
    would not be read.

    Wrong:
        {"Type": "Training", "Arguments": {"ResourceConfig": {...}, ...}}

    Right:
        {"Type": "Training", "Arguments": {"StoppingCondition": {"MaxRuntimeInSeconds": 3600}, ...}}
    """

    code = "W2022"

    def check(self, subject: Subject) -> Iterator[Match]:
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
