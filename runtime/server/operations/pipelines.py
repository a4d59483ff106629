"""Pipelines and their versions. What runs is the business of executions.py.

A Pipeline record has no definition; the version records have: `<name>/00000001` and so on.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runtime import arns
from runtime.clock import now
from runtime.s3 import read_text
from runtime.server.definitions import accept_definition
from runtime.server.operations._shared import Listing, conflict, invalid, not_found, page
from runtime.server.operations._tags import add_tags_to, check_tags, remove_tags
from runtime.storage._base import Document, StorageError

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_PIPELINES = Listing("PipelineSummaries", name="PipelineName", descending=True)
_VERSIONS = Listing(
    "PipelineVersionSummaries",
    name="PipelineVersionId",
    sort_by="Version",
    sort={"Version": "PipelineVersionId"},
    descending=True,
)
_UPDATED = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
_TOUCHED = ("LastModifiedTime", "LastModifiedBy", "PipelineVersionId")
_RUNNING = ("Executing", "Stopping")
# A pipeline and its versions are several records: one writer at a time.
_WRITING = threading.Lock()


def create_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    arn = arns.arn(runtime.settings, "pipeline", name)
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    with _WRITING:
        if existing := runtime.records.get("Pipeline", name):
            if existing["CreationFingerprint"] == fingerprint:
                return {"PipelineArn": arn}  # the same token and the same request: sent twice
            raise invalid(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        tags = request.pop("Tags", [])
        check_tags(tags)
        definition = _definition(runtime, request, required=True)
        document = _new_pipeline(runtime, arn, request)
        aliases = request.get("PipelineVersionAliases", [])
        _check_aliases(aliases, {})
        # The pipeline comes last: a killed process leaves no pipeline without its version.
        _put_version(runtime, document, str(definition), aliases)
        add_tags_to(runtime, arn, tags)
        runtime.records.insert("Pipeline", name, {**document, "CreationFingerprint": fingerprint})
    return {"PipelineArn": arn}


def update_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    with _WRITING:
        document = _pipeline(runtime, name)
        definition = _definition(runtime, request, required=False)
        current = _version(runtime, name, document["PipelineVersionId"])
        changes = definition is not None and definition != current["PipelineDefinition"]
        aliases = request.get("PipelineVersionAliases", [])
        if aliases and not changes:
            raise invalid(
                "PipelineVersionAliases can be given only when the update changes the definition."
            )
        _check_aliases(aliases, _aliases(runtime, document))
        document.update({member: request[member] for member in _UPDATED if member in request})
        document["LastModifiedTime"] = now()
        document["LastModifiedBy"] = arns.caller(runtime.settings)
        if changes:
            document["PipelineVersionId"] += 1
            _put_version(runtime, document, str(definition), aliases)
        # A start may have written its time into the record meanwhile: only our members change.
        ours = {k: document[k] for k in (*_UPDATED, *_TOUCHED) if k in document}
        runtime.records.update("Pipeline", name, lambda latest: {**latest, **ours})
    return {
        "PipelineArn": document["PipelineArn"],
        "PipelineVersionId": document["PipelineVersionId"],
    }


def describe_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    document = _pipeline(runtime, request["PipelineName"])
    wanted = _wanted_version(runtime, document, request)
    version = _version(runtime, document["PipelineName"], wanted)
    return {**document, **{k: v for k, v in version.items() if k != "CreationTime"}}


def list_pipelines(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    prefix = request.get("PipelineNamePrefix", "")
    found = runtime.records.list("Pipeline", prefix)
    summaries = [
        {**document, "LastExecutionTime": document.get("LastRunTime")} for document in found
    ]
    return page(request, summaries, _PIPELINES)


def list_pipeline_versions(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    document = _pipeline(runtime, request["PipelineName"])
    return page(request, _versions(runtime, document), _VERSIONS)


def delete_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    with _WRITING:
        arn = _pipeline(runtime, name)["PipelineArn"]
        executions = [e for e in runtime.records.list("Execution") if e["PipelineArn"] == arn]
        for execution in executions:
            if execution["PipelineExecutionStatus"] in _RUNNING:
                raise conflict(
                    f"Pipeline '{arn}' cannot be deleted while the execution "
                    f"{execution['PipelineExecutionArn']} is "
                    f"{execution['PipelineExecutionStatus']}; stop it first."
                )
        runtime.records.delete("Pipeline", name)
        for execution in executions:
            _delete_execution(runtime, arns.execution_id_in(execution["PipelineExecutionArn"]))
        for version in runtime.records.list("PipelineVersion", f"{name}/"):
            key = version_key(name, version["PipelineVersionId"])
            runtime.records.delete("PipelineVersion", key)
        remove_tags(runtime, arn)
    return {"PipelineArn": arn}


def version_key(name: str, version: int) -> str:
    """The key of a PipelineVersion record."""
    return f"{name}/{version:08d}"


def _delete_execution(runtime: Runtime, execution_id: str) -> None:
    for step in runtime.records.list("Step", f"{execution_id}/"):
        runtime.records.delete("Step", f"{execution_id}/{step['StepName']}")
    runtime.records.delete("Execution", execution_id)
    runtime.records.delete("ExecutionDefinition", execution_id)


def _pipeline(runtime: Runtime, name_or_arn: str) -> Document:
    name = arns.name_in(name_or_arn)
    document = runtime.records.get("Pipeline", name)
    if document is None:
        arn = arns.arn(runtime.settings, "pipeline", name)
        raise not_found(f"Pipeline '{arn}' does not exist.")
    return document


def _versions(runtime: Runtime, pipeline: Document) -> list[Document]:
    versions = runtime.records.list("PipelineVersion", f"{pipeline['PipelineName']}/")
    # A process killed during an update may have left the next version behind: it was never acknowledged.
    return [v for v in versions if v["PipelineVersionId"] <= pipeline["PipelineVersionId"]]


def _aliases(runtime: Runtime, pipeline: Document) -> dict[str, int]:
    return {
        alias: version["PipelineVersionId"]
        for version in _versions(runtime, pipeline)
        for alias in version.get("PipelineVersionAliases", ())
    }


def _check_aliases(aliases: list[str], taken: Mapping[str, int]) -> None:
    for alias in aliases:
        if alias.isdecimal():
            raise invalid(f"The version alias '{alias}' is refused: it has digits only.")
        if alias in taken:
            raise invalid(f"The version alias '{alias}' belongs to version {taken[alias]}.")
    if len(set(aliases)) < len(aliases):
        raise invalid("PipelineVersionAliases has an alias twice.")


def _wanted_version(runtime: Runtime, pipeline: Document, request: dict[str, Any]) -> int:
    version, alias = request.get("PipelineVersionId"), request.get("PipelineVersionAlias")
    if version is not None and alias is not None:
        raise invalid("PipelineVersionId and PipelineVersionAlias can't be given together.")
    if alias is None:
        return int(version or pipeline["PipelineVersionId"])
    aliases = _aliases(runtime, pipeline)
    if alias not in aliases:
        raise not_found(
            f"Pipeline '{pipeline['PipelineName']}' has no version with alias '{alias}'."
        )
    return aliases[alias]


def _version(runtime: Runtime, name: str, version: int) -> Document:
    document = runtime.records.get("PipelineVersion", version_key(name, version))
    if document is None:
        raise not_found(f"Pipeline '{name}' has no version {version}.")
    return document


def _new_pipeline(runtime: Runtime, arn: str, request: dict[str, Any]) -> Document:
    moment, caller = now(), arns.caller(runtime.settings)
    return {
        "PipelineArn": arn,
        "PipelineName": request["PipelineName"],
        "PipelineDisplayName": request.get("PipelineDisplayName", request["PipelineName"]),
        "PipelineDescription": request.get("PipelineDescription"),
        "RoleArn": request["RoleArn"],
        "ParallelismConfiguration": request.get("ParallelismConfiguration"),
        "PipelineStatus": "Active",
        "PipelineVersionId": 1,
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "CreatedBy": caller,
        "LastModifiedBy": caller,
    }


def _put_version(runtime: Runtime, pipeline: Document, definition: str, aliases: list[str]) -> None:
    version = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineVersionId": pipeline["PipelineVersionId"],
        "PipelineDefinition": definition,
        **({"PipelineVersionAliases": aliases} if aliases else {}),
        "CreationTime": pipeline["LastModifiedTime"],
    }
    key = version_key(pipeline["PipelineName"], version["PipelineVersionId"])
    runtime.records.put("PipelineVersion", key, version)


def _definition(runtime: Runtime, request: dict[str, Any], *, required: bool) -> str | None:
    text, location = request.get("PipelineDefinition"), request.get("PipelineDefinitionS3Location")
    if text is not None and location is not None:
        raise invalid(
            "Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present"
        )
    if location is not None:
        uri = f"s3://{location['Bucket']}/{location['ObjectKey']}"
        try:
            text = read_text(runtime.objects, uri)
        except (StorageError, ValueError) as error:
            raise invalid(f"Unable to read the pipeline definition at {uri}: {error}.") from error
    if text is None and required:
        raise invalid(
            "Either Pipeline Definition or Pipeline Definition S3 location should be provided"
        )
    if text is not None:
        accept_definition(text)
    return text
