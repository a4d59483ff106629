"""AddTags, ListTags, DeleteTags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.arns import execution_id_in, kind_in, name_in, package_key
from runtime.server.operations._shared import Listing, invalid, page
from runtime.server.operations._tags import add_tags_to, read_tags, remove_tags

if TYPE_CHECKING:
    from runtime.runtime import Runtime

# The kind in an ARN -> the kind of record.
_KINDS = {
    "pipeline": "Pipeline",
    "training-job": "TrainingJob",
    "hyper-parameter-tuning-job": "HyperParameterTuningJob",
    "processing-job": "ProcessingJob",
    "transform-job": "TransformJob",
    "model": "Model",
    "model-package-group": "ModelPackageGroup",
    "model-package": "ModelPackage",
}


def add_tags(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = _existing(runtime, request["ResourceArn"])
    return {"Tags": add_tags_to(runtime, arn, request["Tags"])}


def list_tags(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = _existing(runtime, request["ResourceArn"])
    listing = Listing("Tags", name="Key", sort_by="Name")
    return page(request, read_tags(runtime, arn), listing)


def delete_tags(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = _existing(runtime, request["ResourceArn"])
    remove_tags(runtime, arn, request["TagKeys"])
    return {}


def _existing(runtime: Runtime, arn: str) -> str:
    kind, name = _KINDS.get(kind_in(arn), ""), name_in(arn)
    if kind == "Pipeline" and "/execution/" in name:
        kind, name = "Execution", execution_id_in(name)
    if kind == "ModelPackage":
        name = package_key(name)
    if not kind or runtime.records.get(kind, name) is None:
        raise invalid(f"Could not find resource with ARN: {arn}")
    return arn
