"""Processing jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.server.operations._shared import Listing, page

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_LISTING = Listing("ProcessingJobSummaries", "ProcessingJobName", "ProcessingJobStatus")


def create_processing_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingJobArn": runtime.jobs.processing.create(request)}


def describe_processing_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return runtime.jobs.processing.find(request["ProcessingJobName"])


def list_processing_jobs(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return page(request, runtime.records.list("ProcessingJob"), _LISTING)


def stop_processing_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    runtime.jobs.processing.stop(request["ProcessingJobName"])
    return {}
