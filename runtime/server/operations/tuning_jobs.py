"""Hyperparameter tuning jobs and their training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.server.operations._shared import Listing, page

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_NAME = "HyperParameterTuningJobName"
_TUNING_JOBS = Listing(
    "HyperParameterTuningJobSummaries",
    _NAME,
    "HyperParameterTuningJobStatus",
    sort_by="Name",
    page_size=10,
)
_TRAINING_JOBS = Listing(
    "TrainingJobSummaries",
    "TrainingJobName",
    "TrainingJobStatus",
    sort_by="Name",
    page_size=10,
    sort={"FinalObjectiveMetricValue": "Value"},
)


def create_hyper_parameter_tuning_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return {"HyperParameterTuningJobArn": runtime.jobs.tuning.create(request)}


def describe_hyper_parameter_tuning_job(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    return runtime.jobs.tuning.describe(request[_NAME])


def list_hyper_parameter_tuning_jobs(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    found = []
    for document in runtime.records.list("HyperParameterTuningJob"):
        config = document["HyperParameterTuningJobConfig"]
        described = runtime.jobs.tuning.describe(document[_NAME])
        strategy = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        found.append({**described, **strategy})
    return page(request, found, _TUNING_JOBS)


def list_training_jobs_for_hyper_parameter_tuning_job(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    entries = runtime.jobs.tuning.summaries(request[_NAME])
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        # As the service does it: a job without a value is left out of this order.
        entries = [
            {**entry, "Value": entry["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]}
            for entry in entries
            if entry["ObjectiveStatus"] == "Succeeded"
        ]
    return page(request, entries, _TRAINING_JOBS)


def stop_hyper_parameter_tuning_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    runtime.jobs.tuning.stop(request[_NAME])
    return {}
