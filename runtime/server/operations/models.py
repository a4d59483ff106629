"""Models: an image and its artifacts, checked when the model is created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runtime import arns
from runtime.api import ApiError
from runtime.clock import now
from runtime.s3 import split_uri
from runtime.server.operations._shared import Listing, invalid, page
from runtime.server.operations._tags import add_tags_to, check_tags, remove_tags
from runtime.storage._base import BucketMissing, ObjectMissing, RecordExists

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_KIND = "Model"
_LISTING = Listing("Models", name="ModelName", descending=True)


def create_model(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["ModelName"]
    arn = arns.arn(runtime.settings, "model", name)
    if not any(_containers(request)):
        raise invalid("A model needs a PrimaryContainer or at least one entry in Containers.")
    for container in _containers(request):
        _check_data(runtime, container)
    tags = request.pop("Tags", [])
    check_tags(tags)
    document = {"EnableNetworkIsolation": False, **request, "ModelArn": arn, "CreationTime": now()}
    try:
        runtime.records.insert(_KIND, name, document)
    except RecordExists as error:
        raise invalid(f'Cannot create already existing model "{arn}".') from error
    add_tags_to(runtime, arn, tags)
    return {"ModelArn": arn}


def describe_model(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    document = runtime.records.get(_KIND, request["ModelName"])
    if document is None:
        raise _unknown(runtime, request["ModelName"])
    return document


def list_models(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return page(request, runtime.records.list(_KIND), _LISTING)


def delete_model(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    document = describe_model(runtime, request)
    runtime.records.delete(_KIND, request["ModelName"])
    remove_tags(runtime, document["ModelArn"])
    return {}


def _containers(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if primary := request.get("PrimaryContainer"):
        yield primary
    yield from request.get("Containers", ())


def _check_data(runtime: Runtime, container: Mapping[str, Any]) -> None:
    uri = container.get("ModelDataUrl")
    if uri and not _exists(runtime, uri):
        raise invalid(f"Could not find model data at {uri}.")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source and not _exists(runtime, source["S3Uri"], prefix=source["S3DataType"] == "S3Prefix"):
        raise invalid(f"Could not find model data at {source['S3Uri']}.")


def _exists(runtime: Runtime, uri: str, *, prefix: bool = False) -> bool:
    try:
        bucket, key = split_uri(uri)
        if prefix:
            return bool(runtime.objects.list(bucket, key))
        runtime.objects.get(bucket, key)
    except (ValueError, BucketMissing, ObjectMissing):
        return False
    return True


def _unknown(runtime: Runtime, name: str) -> ApiError:
    return invalid(f'Could not find model "{arns.arn(runtime.settings, "model", name)}".')
