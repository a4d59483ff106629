"""RegisterModel: a new version in a model package group, which the first registration creates."""

from __future__ import annotations

from pipelines.definition.document import StepDefinition
from runtime.api import ApiError
from runtime.executors._base import StepContext, StepExecutor, StepOutcome


class RegisterModelExecutor(StepExecutor):
    step_type = "RegisterModel"
    instant = True

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        request = context.resolve(step.arguments)
        group = request.get("ModelPackageGroupName")
        if group:
            _ensure_group(group, context)
        answer = context.invoke("CreateModelPackage", request)
        arn = answer["ModelPackageArn"]
        description = context.invoke("DescribeModelPackage", {"ModelPackageName": arn})
        return StepOutcome(description, {"RegisterModel": {"Arn": arn}})


def _ensure_group(group: str, context: StepContext) -> None:
    try:
        context.api.call("DescribeModelPackageGroup", {"ModelPackageGroupName": group})
    except ApiError:
        try:
            context.api.call("CreateModelPackageGroup", {"ModelPackageGroupName": group})
        except ApiError:
            # Another execution was faster, or the name is bad: registration itself says which.
            return
