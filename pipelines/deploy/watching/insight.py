"""Looks closer at jobs than Describe does: into their logs, and at the trials of a tuning job."""

from __future__ import annotations

from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
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
    """Watching needs no permission to look so close: a kind of job that refuses once is left alone."""

    def __init__(self, aws: Aws) -> None:
        self._executions = Executions(aws)
        self._logs = Logs(aws)
        self._refused: set[str] = set()
        self._courses: dict[tuple[str, int], str] = {}

    def words(self, job: Job, description: Description, *, finished: bool) -> str:
        """What is worth saying besides the description. Raises Throttled and NoAnswer."""
        if job.kind in self._refused:
            return ""
        try:
            return self._words(job, description, finished=finished)
        except (Throttled, NoAnswer):
            raise
        except ServiceError:
            self._refused.add(job.kind)
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
