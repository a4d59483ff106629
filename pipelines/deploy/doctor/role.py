from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok


class Role(Check):
    """The execution role exists."""

    name = "role"
    rank = 40
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        arn = context.environment.role_arn
        if context.probe.trust_policy(arn.rpartition("/")[2]) is None:
            return failed(
                f"{arn} does not exist",
                "create the role, or correct `role_arn` of the environment (SAGEMAKER_PIPELINE_ROLE_ARN)",
            )
        return ok(arn)
