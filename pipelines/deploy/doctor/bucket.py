from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok


class Bucket(Check):
    """The environment's bucket exists and may be looked into."""

    name = "bucket"
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        bucket = context.environment.bucket
        if context.probe.bucket_region(bucket) is not None:
            return ok(bucket)
        if context.local:
            return ok(f"{bucket} is not there yet: upsert makes it in the local runtime")
        return failed(
            f"{bucket} does not exist",
            "create the bucket, or correct `bucket` of the environment (ARTIFACT_BUCKET)",
        )
