"""Fail: ends the execution with a message."""

from __future__ import annotations

from pipelines.definition.document import StepDefinition
from runtime.executors._base import StepContext, StepExecutor, StepFailed, StepOutcome
from runtime.expressions import text

# What the step's metadata holds at most.
_LONGEST = 3072


class FailExecutor(StepExecutor):
    step_type = "Fail"
    instant = True

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        message = text(context.resolve(step.arguments.get("ErrorMessage", "")))[:_LONGEST]
        raise StepFailed(message, metadata={"Fail": {"ErrorMessage": message}})
