from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok
from pipelines.deploy.doctor.permissions import listed
from pipelines.deploy.permissions import Permission

_USES = ("kms:Decrypt", "kms:GenerateDataKey")


class BucketEncryption(Check):
    """The bucket encrypts what is put into it; with a key of KMS, the role may use that key."""

    name = "bucket encryption"
    rank = 90
    needs = ("bucket",)
    aws_only = "the local runtime keeps objects as plain files of this machine"

    def run(self, context: Context) -> Result:
        encryption = context.probe.bucket_encryption(context.environment.bucket)
        if encryption is None:
            return failed(
                "objects are stored as they come",
                "switch default encryption of the bucket on: aws s3api put-bucket-encryption",
            )
        algorithm, key = encryption
        if key is None or not key.startswith("arn:") or ":alias/" in key:
            return ok(algorithm if key is None else f"{algorithm} with {key}")
        asked = [Permission(action, key) for action in _USES]
        if denied := context.probe.denied(context.environment.role_arn, asked):
            return failed(
                f"{algorithm} with {key}, which the execution role may not use: {' '.join(listed(denied))}",
                "let the role use the key, in its own policy or in the key's",
            )
        return ok(f"{algorithm} with {key}")
