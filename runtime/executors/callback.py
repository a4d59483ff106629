"""Callback: a message with a token goes into a queue, and the step waits until somebody answers with the token."""

from __future__ import annotations

import json
import logging

from pipelines.definition.document import StepDefinition
from runtime.api import ApiError
from runtime.callbacks import Callback
from runtime.executors._base import (
    Document,
    StepContext,
    StepExecutor,
    StepFailed,
    StepOutcome,
    StepStopped,
)
from runtime.outputs import declared_outputs, listed_outputs

logger = logging.getLogger(__name__)


class CallbackExecutor(StepExecutor):
    step_type = "Callback"

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        arguments = context.resolve(step.arguments)
        queue = str(context.resolve((step.extras or {}).get("SqsQueueUrl", "")))
        callbacks = context.outside.callbacks
        callback = callbacks.open(context.execution_arn, declared_outputs(step))
        try:
            _send(context, queue, callback, arguments, "Executing")
        except StepFailed:
            callbacks.give_up(callback)
            raise
        shown: Document = {"CallbackToken": callback.token, "SqsQueueUrl": queue}
        context.show({"Callback": shown})

        def stopping() -> None:
            callbacks.wake()
            if callbacks.closed:
                return
            try:
                _send(context, queue, callback, arguments, "Stopping")
            except StepFailed as failed:
                # The step still has its token: whoever knows it can end the wait.
                logger.warning("step %s is stopping: %s", step.name, failed.reason)

        context.stop.on_request(stopping)
        answer = callbacks.wait(callback, context.stop)
        if answer is None or context.stop.requested:
            raise StepStopped({"Callback": shown})
        if answer.failure is not None:
            raise StepFailed(answer.failure, metadata={"Callback": shown})
        shown["OutputParameters"] = listed_outputs(answer.outputs)
        return StepOutcome({"OutputParameters": dict(answer.outputs)}, {"Callback": shown})


def _send(
    context: StepContext, queue: str, callback: Callback, arguments: Document, status: str
) -> None:
    message = {
        "token": callback.token,
        "pipelineExecutionArn": context.execution_arn,
        "arguments": arguments,
        "status": status,
    }
    try:
        context.outside.send(queue, json.dumps(message))
    except ApiError as error:
        raise StepFailed(
            f"ClientError: Failed to invoke sqs:SendMessage. Error Details: {error.message}"
        ) from error
