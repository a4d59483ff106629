"""RegisterModel: a new version in a model package group, which the first registration creates."""

from __future__ import annotations

from contextlib import suppress

from pipelines.definition.document import StepDefinition
from runtime.executors._base import StepContext, StepExecutor, StepFailed, StepOutcome


class RegisterModelExecutor(StepExecutor):
    step_type = "RegisterModel"
    instant = True

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        request = context.resolve(step.arguments)
        group = request.get("ModelPackageGroupName")
        if group:
            # Refused when there is one, or when the name is bad: registration itself says so.
            with suppress(StepFailed):
                context.invoke("CreateModelPackageGroup", {"ModelPackageGroupName": group})
        answer = context.invoke("CreateModelPackage", request)
        arn = answer["ModelPackageArn"]
        description = context.invoke("DescribeModelPackage", {"ModelPackageName": arn})
        return StepOutcome(description, {"RegisterModel": {"Arn": arn}})
