"""Lambda: a Python function, registered in functions.toml, stands for the ARN."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.definition.document import StepDefinition
from runtime.executors._base import StepContext, StepExecutor, StepFailed, StepOutcome, StepStopped
from runtime.functions import FunctionError
from runtime.outputs import declared_outputs, listed_outputs, typed_outputs


class LambdaExecutor(StepExecutor):
    step_type = "Lambda"

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        event = context.resolve(step.arguments)
        arn = str(context.resolve((step.extras or {}).get("FunctionArn", "")))
        metadata = {"Lambda": {"Arn": arn}}
        context.show(metadata)
        declared = declared_outputs(step)
        try:
            answer = context.outside.functions.invoke(arn, event)
            given = answer if isinstance(answer, Mapping) else {}
            outputs = typed_outputs(declared, given)
        except (FunctionError, ValueError) as error:
            text = str(error)
            prefix = "" if text.startswith("ClientError: ") else "ClientError: "
            raise StepFailed(f"{prefix}{text}", metadata=metadata) from error
        # A function that runs is awaited, and the step ends as stopped afterwards.
        if context.stop.requested:
            raise StepStopped(metadata)
        missing = [name for name in declared if name not in outputs]
        if missing:
            raise StepFailed(
                f"ClientError: the function returned no {', '.join(map(repr, missing))}; it returned "
                f"{', '.join(map(repr, given)) or 'no object with members'}.",
                metadata=metadata,
            )
        shown = {"Lambda": {"Arn": arn, "OutputParameters": listed_outputs(outputs)}}
        return StepOutcome({"OutputParameters": dict(outputs)}, shown)
