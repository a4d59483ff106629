"""Pipelines. What runs is the business of executions.py.

A Pipeline record has no definition; the version records have: `<name>/00000001` and so on.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from runtime import arns
from runtime.clock import now
from runtime.s3 import read_text
from runtime.server.definitions import accept_definition
from runtime.server.operations._shared import Listing, conflict, invalid, page
from runtime.server.operations._tags import add_tags_to, check_tags, remove_tags
from runtime.server.operations._versions import (
    WRITING,
    aliases_of,
    check_aliases,
    find_pipeline,
    version_key,
    wanted_version,
)
from runtime.storage._base import Document, StorageError

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_PIPELINES = Listing("PipelineSummaries", name="PipelineName", descending=True)
_UPDATED = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
_TOUCHED = ("LastModifiedTime", "LastModifiedBy", "PipelineVersionId")
_RUNNING = ("Executing", "Stopping")


def create_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    arn = arns.arn(runtime.settings, "pipeline", name)
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    with WRITING:
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
        check_aliases(aliases, {})
        # The pipeline comes last: a killed process leaves no pipeline without its version.
        _put_version(runtime, document, str(definition), aliases)
        add_tags_to(runtime, arn, tags)
        runtime.records.insert("Pipeline", name, {**document, "CreationFingerprint": fingerprint})
    return {"PipelineArn": arn}


def update_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    with WRITING:
        document = find_pipeline(runtime, name)
        definition = _definition(runtime, request, required=False)
        current = wanted_version(runtime, document, {})
        changes = definition is not None and definition != current["PipelineDefinition"]
        aliases = request.get("PipelineVersionAliases", [])
        if aliases and not changes:
            raise invalid(
                "PipelineVersionAliases can be given only when the update changes the definition."
            )
        check_aliases(aliases, aliases_of(runtime, document))
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
    document = find_pipeline(runtime, request["PipelineName"])
    version = wanted_version(runtime, document, request)
    return {**document, **{k: v for k, v in version.items() if k != "CreationTime"}}


def list_pipelines(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    prefix = request.get("PipelineNamePrefix", "")
    found = runtime.records.list("Pipeline", prefix)
    summaries = [
        {**document, "LastExecutionTime": document.get("LastRunTime")} for document in found
    ]
    return page(request, summaries, _PIPELINES)


def delete_pipeline(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["PipelineName"]
    with WRITING:
        arn = find_pipeline(runtime, name)["PipelineArn"]
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


def _delete_execution(runtime: Runtime, execution_id: str) -> None:
    for step in runtime.records.list("Step", f"{execution_id}/"):
        runtime.records.delete("Step", f"{execution_id}/{step['StepName']}")
    runtime.records.delete("Execution", execution_id)
    runtime.records.delete("ExecutionDefinition", execution_id)


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
        if location.get("VersionId", "null") != "null":
            raise invalid(
                f"VersionId '{location['VersionId']}' of the definition's S3 location cannot be read: the local "
                "runtime keeps only the latest version of an object. Leave it out."
            )
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
