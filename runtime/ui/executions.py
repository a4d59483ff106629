"""Executions as lists show them: one row each, with what failed."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.state import ExecutionStatus
from runtime.ui import logs
from runtime.ui.site import Document, Site
from runtime.ui.steps import Step, happened
from runtime.ui.words import first_line

_UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.COMPLETED_WITH_FAILURES)


@dataclass(frozen=True)
class Row:
    """`end` is None while it runs; `failed_step` and `reason` are empty unless a step failed."""

    pipeline: str
    arn: str
    name: str
    status: str
    start: float
    end: float | None
    failed_step: str = ""
    reason: str = ""


def row(site: Site, pipeline: str, summary: Document) -> Row:
    """A row of a ListPipelineExecutions summary."""
    arn, status = summary["PipelineExecutionArn"], summary["PipelineExecutionStatus"]
    described = site.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    end = described["LastModifiedTime"] if ExecutionStatus(status).is_finished() else None
    failed = _failed_step(site, arn) if status in _UNSUCCESSFUL else None
    return Row(
        pipeline=pipeline,
        arn=arn,
        name=summary.get("PipelineExecutionDisplayName") or arn.rpartition("/")[2],
        status=status,
        start=summary["StartTime"],
        end=end,
        failed_step=failed.name if failed else "",
        reason=(
            cause(site, failed)
            if failed
            else first_line(summary.get("PipelineExecutionFailureReason", ""))
        ),
    )


def cause(site: Site, step: Step) -> str:
    """Why a step failed, in a line: what its script said last says more than that it ended with exit code 1."""
    reason = first_line(step.reason)
    said = first_line(logs.last_line(site, step.job)) if "AlgorithmError" in reason else ""
    return said if said and said not in reason else reason


def _failed_step(site: Site, arn: str) -> Step | None:
    """The step that failed first; None when only the execution itself did."""
    records = site.each(
        "ListPipelineExecutionSteps", "PipelineExecutionSteps", PipelineExecutionArn=arn
    )
    failed = [record for record in records if record["StepStatus"] == "Failed"]
    first = min(failed, key=lambda record: record.get("EndTime", 0), default=None)
    return happened(first) if first else None
