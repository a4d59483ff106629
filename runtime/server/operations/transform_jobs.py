"""Batch transform jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.server.operations._shared import Listing, page

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_LISTING = Listing(
    "TransformJobSummaries",
    "TransformJobName",
    "TransformJobStatus",
    descending=True,
    page_size=10,
)


def create_transform_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return {"TransformJobArn": runtime.jobs.transform.create(request)}


def describe_transform_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return runtime.jobs.transform.find(request["TransformJobName"])


def list_transform_jobs(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return page(request, runtime.records.list("TransformJob"), _LISTING)


def stop_transform_job(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    runtime.jobs.transform.stop(request["TransformJobName"])
    return {}
