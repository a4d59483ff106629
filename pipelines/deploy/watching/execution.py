"""An execution as it is at one moment, as frozen data: what `watch.py` sees and `report.py` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Statuses of executions and of steps; WAITING and NOT_RUN are ours, for steps that were not started."""

    WAITING = "Waiting"
    NOT_RUN = "NotRun"
    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    # A failed step was handled by a step that waits for failures.
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"

    def is_finished(self) -> bool:
        return self in _FINISHED


_FINISHED = {
    Status.STOPPED,
    Status.FAILED,
    Status.SUCCEEDED,
    Status.COMPLETED_WITH_FAILURES,
}


@dataclass(frozen=True)
class Job:
    """What a step made; `kind` is the key in the step's Metadata: TrainingJob, TuningJob, RegisterModel, ..."""

    kind: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class StepView:
    """`detail` is what matters about the step in a few words; `description` what Describe says of its job.

    `cached` results are the cache's; `reused` ones those of the execution that a selective one starts from.
    """

    name: str
    type: str
    status: Status
    started: datetime | None = None
    ended: datetime | None = None
    failure: str | None = None
    job: Job | None = None
    cached: bool = False
    reused: bool = False
    attempts: int = 1
    detail: str = ""
    description: Mapping[str, Any] | None = field(default=None, repr=False)

    def seconds(self, now: datetime) -> float | None:
        """How long it has run, or ran; None before it started."""
        if self.started is None:
            return None
        return max(0.0, ((self.ended or now) - self.started).total_seconds())


@dataclass(frozen=True)
class ExecutionView:
    """`steps` are in an order they can run in, those not started included."""

    pipeline: str
    arn: str
    status: Status
    started: datetime
    ended: datetime | None
    failure: str | None
    steps: tuple[StepView, ...]

    def seconds(self, now: datetime) -> float:
        """How long it has run, or ran."""
        return max(0.0, ((self.ended or now) - self.started).total_seconds())
