from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok


class BucketRegion(Check):
    """The bucket is in the environment's region: SageMaker reads and writes there only."""

    name = "bucket region"
    rank = 80
    needs = ("bucket",)
    aws_only = "the local runtime has one region"

    def run(self, context: Context) -> Result:
        wanted = context.environment.region
        found = context.probe.bucket_region(context.environment.bucket)
        if found == wanted:
            return ok(f"in {found}")
        return failed(
            f"the bucket is in {found}, the environment in {wanted}",
            f"set `region` of the environment to {found} (AWS_REGION), or take a bucket in {wanted}",
        )
