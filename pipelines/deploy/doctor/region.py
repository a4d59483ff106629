from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok
from pipelines.deploy.errors import NoAnswer


class Region(Check):
    """SageMaker answers in the environment's region."""

    name = "region"
    rank = 30
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        region = context.environment.region
        try:
            known = context.probe.knows_account()
        except NoAnswer as error:
            return failed(
                f"SageMaker does not answer in {region}: {error}",
                "correct `region` of the environment (AWS_REGION), or check the network",
            )
        if not known:
            # STS has accepted the same credentials.
            return failed(
                f"{region} does not know the account",
                "switch the region on for the account, or correct `region` of the environment (AWS_REGION)",
            )
        return ok(f"SageMaker answers in {region}")
