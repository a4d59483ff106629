"""What a tuning job says of its training jobs: counters, summaries, the best one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from runtime.jobs._base import JobStatus
from runtime.jobs.tuning_request import maximizes, objective_of
from runtime.storage._base import Document

_COPIED = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "TunedHyperParameters",
    "FailureReason",
)


def objective_value(job: Mapping[str, Any], tuning_job: Mapping[str, Any]) -> float | None:
    """The final objective of a training job; None while it runs and when it has none."""
    wanted = objective_of(tuning_job)["MetricName"]
    if job["TrainingJobStatus"] != JobStatus.COMPLETED:
        return None
    for metric in job.get("FinalMetricDataList") or []:
        if metric["MetricName"] == wanted and math.isfinite(metric["Value"]):
            return float(metric["Value"])
    return None


def summary(job: Mapping[str, Any], tuning_job: Mapping[str, Any]) -> Document:
    """One entry of ListTrainingJobsForHyperParameterTuningJob."""
    entry = {member: job[member] for member in _COPIED if member in job}
    entry["TuningJobName"] = tuning_job["HyperParameterTuningJobName"]
    value = objective_value(job, tuning_job)
    entry["ObjectiveStatus"] = _objective_status(job, value)
    if value is not None:
        objective = objective_of(tuning_job)
        entry["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": objective["Type"],
            "MetricName": objective["MetricName"],
            "Value": value,
        }
    return entry


def results(tuning_job: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> Document:
    """The members of Describe that follow from the training jobs; the earlier of equally good ones is the best."""
    summaries = [summary(job, tuning_job) for job in jobs]
    objectives = Counter(entry["ObjectiveStatus"] for entry in summaries)
    members: Document = {
        "TrainingJobStatusCounters": _status_counters(jobs),
        "ObjectiveStatusCounters": {
            status: objectives[status] for status in ("Succeeded", "Pending", "Failed")
        },
    }
    scored = [entry for entry in summaries if entry["ObjectiveStatus"] == "Succeeded"]
    if scored:
        choose = max if maximizes(tuning_job) else min
        members["BestTrainingJob"] = choose(scored, key=_value)
    return members


def _value(entry: Document) -> float:
    return float(entry["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def _objective_status(job: Mapping[str, Any], value: float | None) -> str:
    if value is not None:
        return "Succeeded"
    return "Failed" if JobStatus(job["TrainingJobStatus"]).is_finished() else "Pending"


def _status_counters(jobs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counters = dict.fromkeys(
        ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0
    )
    for job in jobs:
        status = JobStatus(job["TrainingJobStatus"])
        if status is JobStatus.FAILED:
            internal = job.get("FailureReason", "").startswith("InternalServerError")
            counters["RetryableError" if internal else "NonRetryableError"] += 1
        elif status.is_finished():
            counters[str(status)] += 1
        else:
            counters["InProgress"] += 1
    return counters
