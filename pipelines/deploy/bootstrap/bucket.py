"""Delete a bucket and everything in it: only `--destroy --delete-data` comes here."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from pipelines.deploy.aws_errors import code, translated
from pipelines.deploy.errors import ServiceError


def connect(region: str, profile: str = "") -> Any:
    """A client of S3 with the profile's credentials. Raises ServiceError."""
    with translated(f"connecting to AWS in {region}"):
        return boto3.Session(region_name=region, profile_name=profile or None).client("s3")


def delete_with_data(s3: Any, bucket: str) -> int | None:
    """Delete every version of every object, then the bucket; how many there were, None without such a bucket.

    Raises ServiceError.
    """
    count = 0
    with translated(f"deleting bucket {bucket}"):
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                count += _delete(s3, bucket, page)
            s3.delete_bucket(Bucket=bucket)
        except ClientError as error:
            if code(error) != "NoSuchBucket":
                raise
            return None
    return count


def _delete(s3: Any, bucket: str, page: dict[str, Any]) -> int:
    """A page has at most as many as one call deletes."""
    found = [
        {"Key": each["Key"], "VersionId": each["VersionId"]}
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
    ]
    if found:
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        for each in answer.get("Errors", []):
            raise ServiceError(
                f"deleting s3://{bucket}/{each['Key']}: {each.get('Message', each.get('Code'))}"
            )
    return len(found)
