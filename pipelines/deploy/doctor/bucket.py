from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, Status, failed, of_error, ok
from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled


class Bucket(Check):
    """The environment's bucket exists and may be looked into."""

    name = "bucket"
    rank = 70
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        bucket = context.environment.bucket
        try:
            found = context.probe.bucket_region(bucket)
        except (NoAnswer, Throttled):
            raise
        except ServiceError as error:
            # Not only the doctor is turned away: upsert looks at the bucket with the same credentials.
            return of_error(Status.FAILED, error)
        if found is not None:
            return ok(bucket)
        if context.environment.runtime is not None:
            return ok(f"{bucket} is not there yet: upsert makes it in the local runtime")
        return failed(
            f"{bucket} does not exist",
            "create the bucket, or correct `bucket` of the environment (ARTIFACT_BUCKET)",
        )
