"""What `--json` prints: the same facts as the summary, as plain data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pipelines.deploy.watching.execution import ExecutionView
from pipelines.deploy.watching.findings import Evaluation, Findings


def execution_document(view: ExecutionView, now: datetime) -> dict[str, Any]:
    """The execution for `--json`; times in seconds."""
    return {
        "arn": view.arn,
        "status": str(view.status),
        "failure_reason": view.failure,
        "started": view.started.isoformat(),
        "seconds": round(view.seconds(now), 3),
    }


def step_documents(view: ExecutionView, now: datetime) -> list[dict[str, Any]]:
    """Each step for `--json`."""
    documents = []
    for step in view.steps:
        seconds = step.seconds(now)
        documents.append(
            {
                "name": step.name,
                "type": step.type,
                "status": str(step.status),
                "seconds": None if seconds is None else round(seconds, 3),
                "cached": step.cached,
                "failure_reason": step.failure,
                "job": step.job.arn if step.job else None,
                "detail": step.detail,
            }
        )
    return documents


def metrics_document(evaluation: Evaluation | None) -> dict[str, Any] | None:
    """The evaluation for `--json`; None when the execution has none."""
    if evaluation is None:
        return None
    groups = {"tuned": evaluation.tuned, "baseline": evaluation.baseline}
    return {
        **{
            title: {
                name: {"value": metric.value, "standard_deviation": metric.deviation}
                for name, metric in metrics.items()
            }
            for title, metrics in groups.items()
        },
        "improvement": evaluation.improvement,
    }


def findings_document(findings: Findings) -> dict[str, Any]:
    """Metrics, model and failures for `--json`."""
    return {
        "metrics": metrics_document(findings.evaluation),
        "best_hyperparameters": dict(findings.hyperparameters) or None,
        "model_package": dict(findings.package) or None,
        "failures": [
            {"step": each.step, "reason": each.reason, "log": each.log}
            for each in findings.failures
        ],
    }
