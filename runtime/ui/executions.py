"""Executions as lists show them: one row each, with what failed."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.state import ExecutionStatus
from runtime.ui.site import Document, Site
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

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


def row(site: Site, pipeline: str, summary: Document) -> Row:
    """A row of a ListPipelineExecutions summary."""
    arn, status = summary["PipelineExecutionArn"], summary["PipelineExecutionStatus"]
    described = site.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    end = described["LastModifiedTime"] if ExecutionStatus(status).is_finished() else None
    failed = _failed_step(site, arn) if status in _UNSUCCESSFUL else {}
    return Row(
        pipeline=pipeline,
        arn=arn,
        name=summary.get("PipelineExecutionDisplayName") or arn.rpartition("/")[2],
        status=status,
        start=summary["StartTime"],
        end=end,
        failed_step=failed.get("StepName", ""),
        reason=first_line(
            failed.get("FailureReason") or summary.get("PipelineExecutionFailureReason", "")
        ),
    )


def _failed_step(site: Site, arn: str) -> Document:
    """The first step that failed; empty when only the execution itself did."""
    steps = site.each(
        "ListPipelineExecutionSteps", "PipelineExecutionSteps", PipelineExecutionArn=arn
    )
    failed = [step for step in steps if step["StepStatus"] == "Failed"]
    return min(failed, key=lambda step: step.get("EndTime", 0), default={})
