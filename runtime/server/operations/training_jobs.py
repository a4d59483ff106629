"""Training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.server.operations._shared import Listing, page

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_LISTING = Listing("TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus")


def create_training_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return {"TrainingJobArn": runtime.jobs.training.create(request)}


def describe_training_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return runtime.jobs.training.find(request["TrainingJobName"])


def list_training_jobs(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return page(request, runtime.records.list("TrainingJob"), _LISTING)


def stop_training_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    runtime.jobs.training.stop(request["TrainingJobName"])
    return {}
