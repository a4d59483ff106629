"""What the public API says about a running execution, put together into an ExecutionView."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipelines.definition.document import Definition
from pipelines.definition.graph import order
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.watching.details import Description, detail, joined
from pipelines.deploy.watching.execution import ExecutionView, Job, Status, StepView
from pipelines.deploy.watching.insight import Insight


class Observer:
    """Looks at one execution again and again; what finished steps made is asked for once."""

    def __init__(
        self, aws: Aws, definition: Definition, arn: str, insight: Insight | None = None
    ) -> None:
        """`insight` looks closer at jobs, at the price of more calls."""
        self._aws = aws
        self._insight = insight
        self._arn = arn
        self._pipeline = arn.split(":pipeline/")[-1].partition("/")[0]
        self._types = {step.name: step.type for step in definition.steps}
        self._order = order(definition)
        self._final: dict[str, tuple[Description | None, str]] = {}

    def look(self) -> ExecutionView:
        """The execution now. Raises ServiceError."""
        # First the execution: when it is finished, the steps listed afterwards are final too.
        found = self._aws.describe_execution(self._arn)
        entries = {entry["StepName"]: entry for entry in self._aws.list_steps(self._arn)}
        status = Status(found["PipelineExecutionStatus"])
        idle = Status.NOT_RUN if status.is_finished() else Status.WAITING
        return ExecutionView(
            pipeline=self._pipeline,
            arn=self._arn,
            status=status,
            started=found["CreationTime"],
            ended=found["LastModifiedTime"] if status.is_finished() else None,
            failure=found.get("FailureReason"),
            steps=tuple(
                self._step(name, entries.get(name), idle) for name in self._names(found, entries)
            ),
        )

    def _names(self, found: Description, entries: Mapping[str, Any]) -> Sequence[str]:
        """The steps in an order they can run in; of a selective execution those it has to do with."""
        config = found.get("SelectiveExecutionConfig", {})
        chosen = {each["StepName"] for each in config.get("SelectedSteps", [])}
        known = [name for name in self._order if not chosen or name in chosen or name in entries]
        return [*known, *(name for name in entries if name not in self._order)]

    def stop(self) -> None:
        """Ask the service to stop it. Raises ServiceError."""
        self._aws.stop(self._arn)

    def _step(self, name: str, entry: Mapping[str, Any] | None, idle: Status) -> StepView:
        kind = self._types.get(name, "unknown")
        if entry is None:
            return StepView(name, kind, idle)
        metadata = entry.get("Metadata", {})
        job = _job(metadata)
        step = StepView(
            name=name,
            type=kind,
            status=Status(entry["StepStatus"]),
            started=entry.get("StartTime"),
            ended=entry.get("EndTime"),
            failure=entry.get("FailureReason"),
            job=job,
            cached="CacheHitResult" in entry,
            reused="SelectiveExecutionResult" in entry,
            attempts=entry.get("AttemptCount", 1),
        )
        description, words = self._describe(job, step.status)
        said = detail(metadata, job, description, words)
        return replace(step, description=description, detail=joined(_origin(step), said))

    def _describe(self, job: Job | None, status: Status) -> tuple[Description | None, str]:
        """What Describe says of the job, and what is said besides: what it does, or why nothing is known.

        Watching needs no permission to look at jobs.
        """
        if job is None:
            return None, ""
        if job.arn not in self._final:
            try:
                found = self._look_closer(job, finished=status.is_finished())
            except (Throttled, NoAnswer):
                raise
            except ServiceError as error:
                found = None, f"no details: {error}"
            if not status.is_finished():
                return found
            self._final[job.arn] = found
        return self._final[job.arn]

    def _look_closer(self, job: Job, *, finished: bool) -> tuple[Description | None, str]:
        description = self._aws.describe_job(job.kind, job.arn)
        if description is None or self._insight is None:
            return description, ""
        return description, self._insight.words(job, description, finished=finished)


def _origin(step: StepView) -> str:
    """Where a result is from that was not made now, and how often making it was tried."""
    retried = f"attempt {step.attempts}" if step.attempts > 1 else ""
    return joined("cached" if step.cached else "", "reused" if step.reused else "", retried)


def _job(metadata: Mapping[str, Any]) -> Job | None:
    for kind, members in metadata.items():
        if isinstance(members, Mapping) and "Arn" in members:
            return Job(kind, members["Arn"])
    return None
