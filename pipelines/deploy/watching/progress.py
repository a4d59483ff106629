"""What the public API says about a running execution, put together into an ExecutionView."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.definition.document import Definition
from pipelines.definition.graph import order
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.text import number
from pipelines.deploy.watching.execution import ExecutionView, Job, Status, StepView

Description = Mapping[str, Any]


class Observer:
    """Looks at one execution again and again; what finished steps made is asked for once."""

    def __init__(self, aws: Aws, definition: Definition, arn: str) -> None:
        self._aws = aws
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
                self._step(name, entries.get(name), idle)
                for name in [*self._order, *(name for name in entries if name not in self._order)]
            ),
        )

    def stop(self) -> None:
        """Ask the service to stop it. Raises ServiceError."""
        self._aws.stop(self._arn)

    def _step(self, name: str, entry: Mapping[str, Any] | None, idle: Status) -> StepView:
        kind = self._types.get(name, "unknown")
        if entry is None:
            return StepView(name, kind, idle)
        status = Status(entry["StepStatus"])
        metadata = entry.get("Metadata", {})
        job = _job(metadata)
        description, unread = self._describe(job, status)
        cached = "CacheHitResult" in entry
        return StepView(
            name=name,
            type=kind,
            status=status,
            started=entry.get("StartTime"),
            ended=entry.get("EndTime"),
            failure=entry.get("FailureReason"),
            job=job,
            cached=cached,
            detail=_joined(
                "cached" if cached else "", unread or _detail(metadata, job, description)
            ),
            description=description,
        )

    def _describe(self, job: Job | None, status: Status) -> tuple[Description | None, str]:
        """What Describe says of the job, or why it does not: watching needs no permission to look at jobs."""
        if job is None:
            return None, ""
        if job.arn not in self._final:
            try:
                found = self._aws.describe_job(job.kind, job.arn), ""
            except (Throttled, NoAnswer):
                raise
            except ServiceError as error:
                found = None, f"no details: {error}"
            if not status.is_finished():
                return found
            self._final[job.arn] = found
        return self._final[job.arn]


def _job(metadata: Mapping[str, Any]) -> Job | None:
    for kind, members in metadata.items():
        if isinstance(members, Mapping) and "Arn" in members:
            return Job(kind, members["Arn"])
    return None


def _detail(metadata: Mapping[str, Any], job: Job | None, description: Description | None) -> str:
    if "Condition" in metadata:
        return f"outcome {metadata['Condition'].get('Outcome', '')}".rstrip()
    if "Fail" in metadata:
        return str(metadata["Fail"].get("ErrorMessage", ""))
    if job is None or description is None or job.kind not in _DETAILS:
        return ""
    return _DETAILS[job.kind](description)


def _training(description: Description) -> str:
    metrics = {
        each["MetricName"]: each["Value"] for each in description.get("FinalMetricDataList", [])
    }
    chosen = sorted(metrics, key=_metric_rank)[:3]  # a line has room for three
    return ", ".join(f"{name} {number(metrics[name])}" for name in chosen)


def _metric_rank(metric: str) -> tuple[int, int, str]:
    """Test metrics say most, then validation; those in the label's unit more than a loss."""
    channel, _, name = metric.partition(":")
    return (_CHANNELS.get(channel, 2), _METRICS.get(name, 2), metric)


_CHANNELS = {"test": 0, "validation": 1}
_METRICS = {"rmse": 0, "absolute_loss": 1, "mae": 1}


def _tuning(description: Description) -> str:
    counters = description.get("TrainingJobStatusCounters", {})
    done = sum(counters.get(key, 0) for key in ("Completed", "Stopped", "NonRetryableError"))
    limits = description["HyperParameterTuningJobConfig"]["ResourceLimits"]
    parts = [f"{done}/{limits.get('MaxNumberOfTrainingJobs', '?')} trials"]
    if failed := counters.get("NonRetryableError", 0):
        parts.append(f"{failed} failed")
    best = description.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    if best:
        parts.append(f"best {best['MetricName']} {number(best['Value'])}")
    return ", ".join(parts)


def _package(description: Description) -> str:
    version = description.get("ModelPackageVersion")
    group = description.get("ModelPackageGroupName", description.get("ModelPackageName", ""))
    approval = description.get("ModelApprovalStatus", "")
    name = f"{group} version {version}" if version is not None else group
    return _joined(name, approval)


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


_DETAILS: dict[str, Callable[[Description], str]] = {
    "TrainingJob": _training,
    "TuningJob": _tuning,
    "RegisterModel": _package,
}
