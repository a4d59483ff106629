"""Looks closer at jobs than Describe does: into their logs, and at the trials of a tuning job."""

from __future__ import annotations

from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.errors import ServiceError, Throttled
from pipelines.deploy.watching.details import (
    Description,
    best_so_far,
    rows,
    sparkline,
    training_progress,
)
from pipelines.deploy.watching.execution import Job

_TAIL = 30  # lines


class Insight:
    """Watching needs no more than SageMaker itself: a source that refuses or does not answer is left alone."""

    def __init__(self, aws: Aws) -> None:
        self._executions = Executions(aws)
        self._logs = Logs(aws)
        self._closed: set[str] = set()
        self._courses: dict[tuple[str, int], str] = {}

    def words(self, job: Job, description: Description, *, finished: bool) -> str:
        """What is worth saying besides the description; nothing when it is not told."""
        source = "trials" if job.kind == "TuningJob" else "logs"
        if source in self._closed:
            return ""
        try:
            return self._words(job, description, finished=finished)
        except Throttled:
            return ""  # at the next look, perhaps
        except ServiceError:
            self._closed.add(source)
            return ""

    def _words(self, job: Job, description: Description, *, finished: bool) -> str:
        if job.kind == "TuningJob":
            return self._course(job, description)
        if job.kind == "ProcessingJob":
            return rows(self._logs.last(job.kind, job.name, _TAIL))
        if job.kind == "TrainingJob" and not finished:
            return training_progress(self._logs.last(job.kind, job.name, _TAIL))
        return ""

    def _course(self, job: Job, description: Description) -> str:
        """The sparkline; trials are asked for only when another one has ended."""
        done = description.get("TrainingJobStatusCounters", {}).get("Completed", 0)
        if done < 2:
            return ""
        if (job.name, done) not in self._courses:
            trials = self._executions.trials(job.name)
            self._courses[job.name, done] = sparkline(best_so_far(trials))
        return self._courses[job.name, done]
