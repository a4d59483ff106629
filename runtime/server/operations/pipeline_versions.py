"""ListPipelineVersions, UpdatePipelineVersion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.server.operations._shared import Listing, invalid, page
from runtime.server.operations._versions import (
    WRITING,
    aliases_of,
    check_aliases,
    find_pipeline,
    version_key,
    versions_of,
    wanted_version,
)
from runtime.storage._base import Document

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_VERSIONS = Listing(
    "PipelineVersionSummaries",
    name="PipelineVersionId",
    sort_by="Version",
    sort={"Version": "PipelineVersionId"},
    descending=True,
)
_CHANGED = ("PipelineVersionDisplayName", "PipelineVersionDescription")


def list_pipeline_versions(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(runtime, request["PipelineName"])
    latest = {
        execution["PipelineVersionId"]: execution["PipelineExecutionArn"]
        for execution in runtime.records.list("Execution")
        if execution["PipelineArn"] == pipeline["PipelineArn"]
    }
    found = [
        {**version, "LastExecutionPipelineExecutionArn": latest.get(version["PipelineVersionId"])}
        for version in versions_of(runtime, pipeline)
    ]
    return page(request, found, _VERSIONS)


def update_pipeline_version(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    with WRITING:
        pipeline = find_pipeline(runtime, request["PipelineArn"])
        number = request["PipelineVersionId"]
        version = wanted_version(runtime, pipeline, {"PipelineVersionId": number})
        changes: Document = {key: request[key] for key in _CHANGED if key in request}
        if operations := request.get("PipelineVersionAliasOperations"):
            taken = aliases_of(runtime, pipeline)
            changes["PipelineVersionAliases"] = _aliases(version, operations, taken)
        key = version_key(pipeline["PipelineName"], number)
        runtime.records.update("PipelineVersion", key, lambda found: {**found, **changes})
    return {"PipelineArn": pipeline["PipelineArn"], "PipelineVersionId": number}


def _aliases(version: Document, operations: Document, taken: dict[str, int]) -> list[str]:
    """The aliases of the version afterwards; removals come first."""
    removed = operations.get("Remove", [])
    own = version.get("PipelineVersionAliases", [])
    unknown = [alias for alias in removed if alias not in own]
    if unknown:
        raise invalid(
            f"Version {version['PipelineVersionId']} has no alias '{unknown[0]}'; it has {own}."
        )
    aliases = [*(alias for alias in own if alias not in removed), *operations.get("Add", [])]
    others = {alias: n for alias, n in taken.items() if n != version["PipelineVersionId"]}
    check_aliases(aliases, others)
    return aliases
