"""Pipeline executions: start, look, stop, retry."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

from pipelines.definition.document import Definition
from runtime.arns import caller, execution_arn, execution_id_in
from runtime.clock import now
from runtime.expressions import Scope, Unresolved, resolve, text
from runtime.server.definitions import read_definition
from runtime.server.operations._shared import Listing, conflict, invalid, not_found, page
from runtime.server.operations._versions import find_pipeline, wanted_version
from runtime.starting import (
    Refused,
    check_selection,
    image_uris,
    resolve_parameters,
    unregistered_functions,
    unsupported_types,
)
from runtime.state import ExecutionStatus, StepStatus
from runtime.step_runner import step_key
from runtime.storage._base import Document, RecordExists

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_EXECUTIONS = Listing(
    "PipelineExecutionSummaries",
    "PipelineExecutionArn",
    descending=True,
    sort={"PipelineExecutionArn": "PipelineExecutionArn"},
)
_STEPS = Listing(
    "PipelineExecutionSteps",
    "StepName",
    created="StartTime",
    descending=True,
)
_PARAMETERS = Listing("PipelineParameters", "Name", sort_by="Name")


def start_pipeline_execution(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = find_pipeline(runtime, request["PipelineName"])
    name = pipeline["PipelineName"]
    token_key = _token_key(name, "Start", request)
    known = _answered(runtime, token_key)
    if known:
        return known
    version = wanted_version(runtime, pipeline, request)
    definition = read_definition(version["PipelineDefinition"])
    try:
        parameters = resolve_parameters(definition, request.get("PipelineParameters") or [])
    except Refused as refused:
        raise invalid(str(refused)) from refused
    _refuse_what_cannot_run(runtime, definition, parameters)
    reused = _reused_steps(runtime, definition, request.get("SelectiveExecutionConfig"))
    document = _document(runtime, pipeline, version, request)
    document["ResolvedParameters"] = parameters
    execution_id = execution_id_in(document["PipelineExecutionArn"])
    _set_experiment(runtime, definition, document)
    _record(runtime, token_key, document, version["PipelineDefinition"])
    for step in reused:
        runtime.records.put("Step", step_key(execution_id, step["StepName"]), step)
    runtime.jobs.warm()
    runtime.runner.start(execution_id)
    return {"PipelineExecutionArn": document["PipelineExecutionArn"]}


def describe_pipeline_execution(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return _execution(runtime, request["PipelineExecutionArn"])


def list_pipeline_executions(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = find_pipeline(runtime, request["PipelineName"])["PipelineName"]
    alias = request.get("PipelineVersionAlias")
    found = [
        {
            **document,
            "StartTime": document["CreationTime"],
            "PipelineExecutionFailureReason": document.get("FailureReason"),
        }
        for document in runtime.records.list("Execution", having=("PipelineName", name))
        if alias is None or alias in document.get("PipelineVersionAliases", ())
    ]
    return page(request, found, _EXECUTIONS)


def list_pipeline_execution_steps(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    if not request.get("PipelineExecutionArn"):
        raise invalid("PipelineExecutionArn is required.")
    _execution(runtime, request["PipelineExecutionArn"])
    execution_id = execution_id_in(request["PipelineExecutionArn"])
    return page(request, runtime.records.list("Step", f"{execution_id}/"), _STEPS)


def list_pipeline_parameters_for_execution(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    document = _execution(runtime, request["PipelineExecutionArn"])
    return page(request, document["PipelineParameters"], _PARAMETERS)


def describe_pipeline_definition_for_execution(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    document = _execution(runtime, request["PipelineExecutionArn"])
    execution_id = execution_id_in(document["PipelineExecutionArn"])
    source = runtime.records.get("ExecutionDefinition", execution_id) or {}
    return {**source, "CreationTime": document["CreationTime"]}


def stop_pipeline_execution(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["PipelineExecutionArn"]
    status = _status(_execution(runtime, arn))
    token_key = _token_key(execution_id_in(arn), "Stop", request)
    known = _answered(runtime, token_key)
    if known:
        return known
    if status.is_finished():
        raise conflict(
            f"The pipeline execution {arn} is {status}; only a running one can be stopped."
        )

    def stopping(document: Document) -> Document:
        if _status(document).is_finished():
            return document
        members = {"PipelineExecutionStatus": ExecutionStatus.STOPPING, "LastModifiedTime": now()}
        return {**document, **members}

    runtime.records.update("Execution", execution_id_in(arn), stopping)
    runtime.runner.stop(execution_id_in(arn))
    answer = {"PipelineExecutionArn": arn}
    runtime.records.put("ExecutionToken", token_key, answer)
    return answer


def retry_pipeline_execution(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["PipelineExecutionArn"]
    execution_id = execution_id_in(arn)
    document = _execution(runtime, arn)
    token_key = _token_key(execution_id, "Retry", request)
    known = _answered(runtime, token_key)
    if known:
        return known
    _check_retry(document)
    steps = runtime.records.list("Step", f"{execution_id}/")
    if any("Fail" in step.get("Metadata", {}) for step in steps):
        raise conflict(f"The pipeline execution {arn} was ended by a Fail step; start a new one.")
    # Its thread may still be on its way out after it wrote the status.
    runtime.runner.wait(execution_id)

    def executing(document: Document) -> Document:
        # Again, inside the update: of two retries at the same time one is refused.
        _check_retry(document)
        members = {"PipelineExecutionStatus": ExecutionStatus.EXECUTING, "LastModifiedTime": now()}
        limit = request.get("ParallelismConfiguration")
        members |= {"ParallelismConfiguration": limit} if limit else {}
        kept = {key: value for key, value in document.items() if key != "FailureReason"}
        return {**kept, **members}

    runtime.records.update("Execution", execution_id, executing)
    for step in steps:
        if step["StepStatus"] != StepStatus.SUCCEEDED:
            runtime.records.delete("Step", step_key(execution_id, step["StepName"]))
    runtime.jobs.warm()
    runtime.runner.start(execution_id)
    answer = {"PipelineExecutionArn": arn}
    runtime.records.put("ExecutionToken", token_key, answer)
    return answer


def update_pipeline_execution(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["PipelineExecutionArn"]
    _execution(runtime, arn)
    changes = {key: value for key, value in request.items() if key != "PipelineExecutionArn"}
    changes["LastModifiedTime"] = now()
    runtime.records.update(
        "Execution", execution_id_in(arn), lambda document: {**document, **changes}
    )
    limit = changes.get("ParallelismConfiguration")
    if limit:
        runtime.runner.limit(execution_id_in(arn), limit["MaxParallelExecutionSteps"])
    return {"PipelineExecutionArn": arn}


def _check_retry(document: Document) -> None:
    status = _status(document)
    if status not in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED):
        raise conflict(
            f"The pipeline execution {document['PipelineExecutionArn']} is {status}; "
            "only Failed or Stopped can be retried."
        )


def _token_key(subject: str, operation: str, request: Document) -> str:
    return f"{subject}/{operation}/{request['ClientRequestToken']}"


def _answered(runtime: Runtime, token_key: str) -> Document | None:
    """The answer that this very request got before; None also when its execution was deleted since."""
    known = runtime.records.get("ExecutionToken", token_key)
    if known is None or _exists(runtime, known["PipelineExecutionArn"]):
        return known
    runtime.records.delete("ExecutionToken", token_key)
    return None


def _exists(runtime: Runtime, arn: str) -> bool:
    return runtime.records.get("Execution", execution_id_in(arn)) is not None


def _execution(runtime: Runtime, arn: str) -> Document:
    document = runtime.records.get("Execution", execution_id_in(arn))
    if document is None or arn not in (document["PipelineExecutionArn"], execution_id_in(arn)):
        raise not_found(f"Pipeline execution '{arn}' does not exist.")
    return document


def _status(document: Document) -> ExecutionStatus:
    return ExecutionStatus(document["PipelineExecutionStatus"])


def _refuse_what_cannot_run(
    runtime: Runtime, definition: Definition, parameters: dict[str, Any]
) -> None:
    found = unsupported_types(definition, runtime.executors)
    uris = image_uris(definition, parameters, runtime.objects)
    unknown = [uri for uri in uris if not runtime.jobs.catalog.known(uri)]
    if unknown:
        found.append(runtime.jobs.catalog.refusal(unknown))
    scope = Scope(definition, runtime.objects, parameters)
    found += unregistered_functions(scope, runtime.outside.functions.find)
    if found:
        raise invalid(" ".join(found))


def _document(
    runtime: Runtime, pipeline: Document, version: Document, request: Document
) -> Document:
    execution_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(12))
    name = pipeline["PipelineName"]
    created = now()
    document: Document = {
        "PipelineName": name,
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": execution_arn(runtime.settings, name, execution_id),
        "PipelineExecutionDisplayName": f"execution-{int(created * 1000)}",
        "PipelineExecutionStatus": ExecutionStatus.EXECUTING,
        "PipelineVersionId": version["PipelineVersionId"],
        "PipelineParameters": request.get("PipelineParameters") or [],
        "RoleArn": request.get("RoleArn") or pipeline.get("RoleArn"),
        "CreationTime": created,
        "LastModifiedTime": created,
        "CreatedBy": caller(runtime.settings),
        "LastModifiedBy": caller(runtime.settings),
    }
    parallelism = request.get("ParallelismConfiguration") or pipeline.get(
        "ParallelismConfiguration"
    )
    optional = {
        "ParallelismConfiguration": parallelism,
        "PipelineVersionAliases": version.get("PipelineVersionAliases"),
        "PipelineExecutionDisplayName": request.get("PipelineExecutionDisplayName"),
        "PipelineExecutionDescription": request.get("PipelineExecutionDescription"),
        "SelectiveExecutionConfig": request.get("SelectiveExecutionConfig"),
    }
    return {**document, **{key: value for key, value in optional.items() if value}}


def _set_experiment(runtime: Runtime, definition: Definition, document: Document) -> None:
    config = definition.document.get("PipelineExperimentConfig")
    if not config:
        return
    variables = {
        "PipelineName": document["PipelineName"],
        "PipelineExecutionId": execution_id_in(document["PipelineExecutionArn"]),
    }
    scope = Scope(definition, runtime.objects, document["ResolvedParameters"], variables)
    try:
        names = {key: text(resolve(value, scope)) for key, value in config.items()}
    except Unresolved as error:
        raise invalid(f"PipelineExperimentConfig: {error}") from error
    # The service lower-cases the experiment's name.
    names["ExperimentName"] = names.get("ExperimentName", "").lower()
    document["PipelineExperimentConfig"] = names
    document["ResolvedExperimentConfig"] = names


def _record(runtime: Runtime, token_key: str, document: Document, definition: str) -> None:
    execution_id = execution_id_in(document["PipelineExecutionArn"])
    try:
        runtime.records.insert(
            "ExecutionToken",
            token_key,
            {"PipelineExecutionArn": document["PipelineExecutionArn"]},
        )
    except RecordExists as error:
        raise conflict("The same request is being handled already; ask again.") from error
    runtime.records.insert("ExecutionDefinition", execution_id, {"PipelineDefinition": definition})
    runtime.records.insert("Execution", execution_id, document)
    runtime.records.update(
        "Pipeline",
        document["PipelineName"],
        lambda pipeline: {**pipeline, "LastRunTime": document["CreationTime"]},
    )


def _reused_steps(
    runtime: Runtime, definition: Definition, config: Document | None
) -> list[Document]:
    """Steps of a selective execution that are taken from its source execution."""
    if not config:
        return []
    selected = [entry["StepName"] for entry in config["SelectedSteps"]]
    try:
        needed = check_selection(definition, selected)
    except Refused as refused:
        raise invalid(str(refused)) from refused
    source = config.get("SourcePipelineExecutionArn")
    if not needed:
        return []
    if source is None:
        raise invalid(
            f"Invalid SourcePipelineExecutionArn: null. The selected steps {selected} have "
            f"dependencies on {needed}"
        )
    execution_id = execution_id_in(_execution(runtime, source)["PipelineExecutionArn"])
    reused = []
    for name in needed:
        step = runtime.records.get("Step", step_key(execution_id, name))
        if step is None or step["StepStatus"] != StepStatus.SUCCEEDED:
            raise invalid(f"The step '{name}' did not succeed in the source execution {source}.")
        reused.append({**step, "SelectiveExecutionResult": {"SourcePipelineExecutionArn": source}})
    return reused
