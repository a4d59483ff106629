"""Model: creates a model; the properties are DescribeModel's answer."""

from __future__ import annotations

from pipelines.definition.document import StepDefinition
from runtime.executors._base import StepContext, StepExecutor, StepOutcome
from runtime.executors._jobs import resource_name


class ModelExecutor(StepExecutor):
    step_type = "Model"
    instant = True

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        name = resource_name(context.execution_id, step.name)
        request = {**context.resolve(step.arguments), "ModelName": name}
        answer = context.invoke("CreateModel", request)
        description = context.invoke("DescribeModel", {"ModelName": name})
        return StepOutcome(description, {"Model": {"Arn": answer["ModelArn"]}})
