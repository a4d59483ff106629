"""Condition: succeeds whatever its outcome; the outcome decides which branch runs."""

from __future__ import annotations

from pipelines.definition.document import StepDefinition
from runtime.conditions import ConditionError, evaluate_all
from runtime.executors._base import StepContext, StepExecutor, StepFailed, StepOutcome


class ConditionExecutor(StepExecutor):
    step_type = "Condition"
    instant = True

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        try:
            outcome = evaluate_all(step.arguments.get("Conditions", []), context.scope)
        except ConditionError as error:
            raise StepFailed(f"ClientError: {error}") from error
        return StepOutcome({"Outcome": outcome}, {"Condition": {"Outcome": str(outcome)}}, outcome)
