"""What a tuning job says of its training jobs: counters, summaries, the best one, how far it has come."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runtime.jobs._base import JobStatus
from runtime.jobs.tuning.completion import progress_of
from runtime.jobs.tuning.request import Definition, Objective, definitions_of
from runtime.storage._base import Document

# Of a training job of a tuning job: the name of its definition, when there are several.
DEFINITION = "TrainingJobDefinitionName"
_COPIED = (
    DEFINITION,
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "TunedHyperParameters",
    "FailureReason",
)


def objective_value(job: Mapping[str, Any], objective: Objective) -> float | None:
    """The final objective of a training job, also of one that was stopped early; None while it runs or without one."""
    if job["TrainingJobStatus"] not in (JobStatus.COMPLETED, JobStatus.STOPPED):
        return None
    for metric in job.get("FinalMetricDataList") or []:
        if metric["MetricName"] == objective.metric and math.isfinite(metric["Value"]):
            return float(metric["Value"])
    return None


def contenders(results: Iterable[tuple[float | None, str]]) -> list[float | None]:
    """Of objectives and statuses the objectives that can be the best: those of completed jobs, else of stopped ones.

    The API calls the best the job "that completed with the best" objective. Where one was stopped says less, is a
    matter of time when the search was over, and such a job has seldom left a model.
    """
    given = list(results)
    completed = any(status == JobStatus.COMPLETED and value is not None for value, status in given)
    return [
        value if status == JobStatus.COMPLETED or not completed else None for value, status in given
    ]


def summary(job: Mapping[str, Any], tuning_job: Mapping[str, Any]) -> Document:
    """One entry of ListTrainingJobsForHyperParameterTuningJob."""
    objective = definition_of(job, definitions_of(tuning_job)).objective
    entry = {member: job[member] for member in _COPIED if member in job}
    entry["TuningJobName"] = tuning_job["HyperParameterTuningJobName"]
    value = objective_value(job, objective)
    entry["ObjectiveStatus"] = _objective_status(job, value)
    if value is not None:
        entry["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": objective.type,
            "MetricName": objective.metric,
            "Value": value,
        }
    return entry


def definition_of(job: Mapping[str, Any], definitions: Sequence[Definition]) -> Definition:
    """The definition that a training job was made from."""
    name = job.get(DEFINITION, "")
    return next((one for one in definitions if one.name == name), definitions[0])


def results(
    tuning_job: Mapping[str, Any],
    jobs: Sequence[Mapping[str, Any]],
    parents: Sequence[Document] = (),
) -> Document:
    """The members of Describe that follow from the training jobs; `parents` are summaries of warm start's parents.

    The earlier of equally good jobs is the best.
    """
    summaries = [summary(job, tuning_job) for job in jobs]
    objectives = Counter(entry["ObjectiveStatus"] for entry in summaries)
    members: Document = {
        "TrainingJobStatusCounters": _status_counters(jobs),
        "ObjectiveStatusCounters": {
            status: objectives[status] for status in ("Succeeded", "Pending", "Failed")
        },
        "TuningJobCompletionDetails": _completion(tuning_job, jobs),
    }
    maximize = definitions_of(tuning_job)[0].objective.maximize
    if best := _best(summaries, maximize=maximize):
        members["BestTrainingJob"] = best
    warm_start = tuning_job.get("WarmStartConfig") or {}
    overall = _best([*parents, *summaries], maximize=maximize)
    if warm_start.get("WarmStartType") == "IdenticalDataAndAlgorithm" and overall:
        members["OverallBestTrainingJob"] = overall
    return members


def _best(summaries: Sequence[Document], *, maximize: bool) -> Document | None:
    values = contenders((_value(entry), entry["TrainingJobStatus"]) for entry in summaries)
    scored = [
        (value, entry) for value, entry in zip(values, summaries, strict=True) if value is not None
    ]
    best = (max if maximize else min)(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best else None


def _value(entry: Document) -> float | None:
    metric = entry.get("FinalHyperParameterTuningJobObjectiveMetric")
    return float(metric["Value"]) if metric else None


def _completion(tuning_job: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> Document:
    definition = definitions_of(tuning_job)[0]
    ended = [job for job in jobs if JobStatus(job["TrainingJobStatus"]).is_finished()]
    values = contenders(
        (objective_value(job, definition.objective), job["TrainingJobStatus"]) for job in ended
    )
    progress = progress_of(values, definition.objective, len(definition.ranges))
    details: Document = {"NumberOfTrainingJobsObjectiveNotImproving": progress.not_improving}
    if progress.converged is not None:
        details["ConvergenceDetectedTime"] = ended[progress.converged]["TrainingEndTime"]
    return details


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
