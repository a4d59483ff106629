"""SendPipelineExecutionStepSuccess and Failure: the answers that Callback steps wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.callbacks import Answer, Callback, TokenAnswered, UnknownToken
from runtime.outputs import typed_outputs
from runtime.server.operations._shared import conflict, invalid, not_found

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_NO_REASON = "The callback step was failed without a reason."


def send_pipeline_execution_step_success(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    callback = _callback(runtime, request)
    given = {output["Name"]: output["Value"] for output in request.get("OutputParameters", ())}
    unknown = [name for name in given if name not in callback.outputs]
    if unknown:
        declared = ", ".join(callback.outputs) or "none"
        raise invalid(
            f"The callback step declares no output parameter '{unknown[0]}'; declared: {declared}."
        )
    try:
        outputs = typed_outputs(callback.outputs, given)
    except ValueError as error:
        raise invalid(str(error)) from error
    return _answer(runtime, callback, Answer(None, outputs, request.get("ClientRequestToken")))


def send_pipeline_execution_step_failure(
    runtime: Runtime, request: dict[str, Any]
) -> dict[str, Any]:
    reason = request.get("FailureReason") or _NO_REASON
    callback = _callback(runtime, request)
    return _answer(runtime, callback, Answer(reason, request=request.get("ClientRequestToken")))


def _callback(runtime: Runtime, request: dict[str, Any]) -> Callback:
    token = request["CallbackToken"]
    try:
        return runtime.outside.callbacks.find(token)
    except UnknownToken as error:
        raise not_found(
            f"No callback step waits for the token '{token}'. A token ends with the runtime that sent it."
        ) from error


def _answer(runtime: Runtime, callback: Callback, answer: Answer) -> dict[str, Any]:
    try:
        runtime.outside.callbacks.answer(callback.token, answer)
    except TokenAnswered as error:
        raise conflict(f"The token '{callback.token}' was answered already.") from error
    return {"PipelineExecutionArn": callback.execution_arn}
