"""What a finished execution found out: metrics, best hyperparameters, the model package, reasons of failure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.definition.document import Definition
from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.watching.execution import ExecutionView, Status, StepView

_LAST_LINES = 12
_METRICS = "regression_metrics"
# Step types whose jobs write a log of their own.
_LOG_GROUPS = {
    "TrainingJob": "TrainingJobs",
    "TuningJob": "TrainingJobs",
    "ProcessingJob": "ProcessingJobs",
    "TransformJob": "TransformJobs",
}


@dataclass(frozen=True)
class Metric:
    value: float
    deviation: float | None


@dataclass(frozen=True)
class Evaluation:
    """The test metrics in an evaluation report; `improvement` is 1 - tuned rmse / baseline rmse.

    `document` is all that the report says.
    """

    tuned: Mapping[str, Metric]
    baseline: Mapping[str, Metric]
    improvement: float | None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Failure:
    """A failed step; `log` is where to read more: a file, or the AWS CLI command that shows it."""

    step: str
    reason: str
    log: str | None
    last_lines: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """`unread` says what could not be looked at, and why."""

    evaluation: Evaluation | None
    hyperparameters: Mapping[str, str]
    package: Mapping[str, str]
    failures: tuple[Failure, ...]
    unread: tuple[str, ...] = ()


def find(
    aws: Aws,
    definition: Definition,
    view: ExecutionView,
    state: Path | None,
    logs: Logs | None = None,
) -> Findings:
    """Ask for what is worth knowing; `state` is the local runtime's directory, None on AWS.

    `logs` reads the last lines of failed jobs where there are no files.

    The execution is over: what cannot be read (who deploys may lack the permission) changes nothing about it.
    """
    evaluation: Evaluation | None = None
    unread: tuple[str, ...] = ()
    try:
        evaluation = _evaluation(aws, definition, view)
    except ServiceError as error:
        unread = (str(error),)
    return Findings(
        evaluation=evaluation,
        hyperparameters=_hyperparameters(view),
        package=_package(view),
        failures=tuple(
            _failure(aws, step, state, logs) for step in view.steps if step.status is Status.FAILED
        ),
        unread=unread,
    )


def _evaluation(aws: Aws, definition: Definition, view: ExecutionView) -> Evaluation | None:
    for uri in _property_files(definition, view):
        report = aws.read_json(uri)
        if isinstance(report, Mapping) and (tuned := _metrics(report)):
            return Evaluation(
                tuned, _metrics(report.get("baseline")), _float(report, "improvement"), report
            )
    return None


def _property_files(definition: Definition, view: ExecutionView) -> Iterator[str]:
    """The S3 URIs of the property files of processing steps that succeeded."""
    described = {step.name: step.description for step in view.steps if _succeeded(step)}
    for step in definition.steps:
        job = described.get(step.name)
        if job is None or not step.property_files:
            continue
        outputs = {
            output["OutputName"]: output["S3Output"]["S3Uri"]
            for output in job.get("ProcessingOutputConfig", {}).get("Outputs", [])
            if "S3Output" in output
        }
        for file in step.property_files:
            if file.output in outputs:
                yield f"{outputs[file.output].rstrip('/')}/{file.path}"


def _metrics(report: object) -> dict[str, Metric]:
    """Read AWS's conventional form: {"regression_metrics": {NAME: {"value", "standard_deviation"}}}."""
    group = report.get(_METRICS) if isinstance(report, Mapping) else None
    if not isinstance(group, Mapping):
        return {}
    return {
        str(name): Metric(value, _float(entry, "standard_deviation"))
        for name, entry in group.items()
        if isinstance(entry, Mapping) and (value := _float(entry, "value")) is not None
    }


def _float(entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _hyperparameters(view: ExecutionView) -> Mapping[str, str]:
    for step in view.steps:
        if step.job and step.job.kind == "TuningJob" and step.description:
            return dict(step.description.get("BestTrainingJob", {}).get("TunedHyperParameters", {}))
    return {}


def _package(view: ExecutionView) -> Mapping[str, str]:
    for step in view.steps:
        if step.job and step.job.kind == "RegisterModel" and _succeeded(step):
            approval = (step.description or {}).get("ModelApprovalStatus", "")
            return {"arn": step.job.arn, "approval": approval}
    return {}


def _succeeded(step: StepView) -> bool:
    return step.status is Status.SUCCEEDED


def _failure(aws: Aws, step: StepView, state: Path | None, logs: Logs | None) -> Failure:
    reason = step.failure or step.detail or "no reason given"
    job = _failed_job(aws, step)
    if job is None or step.job is None or step.job.kind not in _LOG_GROUPS:
        return Failure(step.name, reason, None, ())
    if state is None:
        group = f"/aws/sagemaker/{_LOG_GROUPS[step.job.kind]}"
        return Failure(
            step.name,
            reason,
            f"aws logs tail {group} --log-stream-name-prefix {job}",
            _last_lines(logs, step.job.kind, job),
        )
    log = log_file(state, job)
    return Failure(step.name, reason, str(log) if log else None, _tail(log) if log else ())


def _failed_job(aws: Aws, step: StepView) -> str | None:
    """The job to look into: for a tuning job its first failed trial."""
    if step.job is None or step.job.kind != "TuningJob":
        return step.job.name if step.job else None
    try:
        for trial in aws.list_trials(step.job.name, "Failed"):
            return str(trial["TrainingJobName"])
    except ServiceError:
        pass  # the report of a failure must not fail itself
    return step.job.name


def _last_lines(logs: Logs | None, kind: str, job: str) -> tuple[str, ...]:
    if logs is None:
        return ()
    try:
        # What fails of a tuning job is a trial.
        return tuple(logs.last("TrainingJob" if kind == "TuningJob" else kind, job, _LAST_LINES))
    except ServiceError:
        return ()  # the report of a failure must not fail itself


def log_file(state: Path, job: str) -> Path | None:
    """The log of a job in the local runtime's directory; None when it never ran."""
    return next(iter(sorted(state.glob(f"jobs/*/{job}/log"))), None)


def _tail(log: Path) -> tuple[str, ...]:
    with log.open(encoding="utf-8", errors="replace") as lines:
        return tuple(line.rstrip() for line in deque(lines, _LAST_LINES))
