"""The doctor's door to AWS: what it asks of STS, IAM, S3, ECR and Service Quotas. Reads only; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from pipelines.deploy.aws_errors import code, translated
from pipelines.deploy.permissions import Permission

_ABSENT = {"404", "NoSuchBucket", "NoSuchEntity", "NotFound"}
_UNENCRYPTED = "ServerSideEncryptionConfigurationNotFoundError"
_NO_IMAGE = {"ImageNotFoundException", "RepositoryNotFoundException"}
# What a region that is not switched on answers to credentials that are good elsewhere.
_UNKNOWN_ACCOUNT = {"InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
_DENIED = {"AccessDenied", "AccessDeniedException"}
_SERVICE = "sagemaker"


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing; `size` in bytes."""

    key: str
    size: int


class Probe:
    """Every method makes the calls it is named for. Raises ServiceError."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self._client = client

    @cached_property
    def _iam(self) -> Any:
        return self._client("iam")

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    def caller(self) -> tuple[str, str]:
        """The account and the ARN of who calls."""
        with translated("GetCallerIdentity"):
            answer = self._client("sts").get_caller_identity()
            return str(answer["Account"]), str(answer["Arn"])

    def server_time(self) -> datetime | None:
        """The service's clock; asked without a signature, which a wrong clock would spoil. None: it does not say."""
        with translated("asking the time"):
            try:
                answer = self._client(
                    "sts", config=Config(signature_version=UNSIGNED)
                ).get_caller_identity()
            except ClientError as error:
                answer = error.response
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            return parsedate_to_datetime(date) if date else None
        except ValueError:
            return None

    def knows_account(self) -> bool:
        """Whether SageMaker of the region takes the credentials, also when they may not list pipelines."""
        with translated("ListPipelines"):
            try:
                self._client(_SERVICE).list_pipelines(MaxResults=1)
            except ClientError as error:
                if code(error) in _UNKNOWN_ACCOUNT:
                    return False
                if code(error) not in _DENIED:
                    raise
        return True

    def trust_policy(self, role: str) -> Mapping[str, Any] | None:
        """Who may assume a role, by its name; None when there is no such role."""
        with translated(f"GetRole {role}"):
            try:
                answer = self._iam.get_role(RoleName=role)
            except ClientError as error:
                if code(error) in _ABSENT:
                    return None
                raise
            return dict(answer["Role"]["AssumeRolePolicyDocument"])

    def denied(self, role_arn: str, permissions: Iterable[Permission]) -> list[Permission]:
        """Those that IAM's simulation does not allow the role; few calls, each for many of them."""
        found: list[Permission] = []
        for batch in _batches(permissions):
            with translated(f"SimulatePrincipalPolicy {role_arn}"):
                found += self._simulated(role_arn, batch)
        return sorted(found)

    def _simulated(self, role_arn: str, batch: _Batch) -> Iterator[Permission]:
        pages = self._iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=role_arn,
            ActionNames=list(batch.actions),
            ResourceArns=list(batch.resources),
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in batch.context
            ],
        )
        for page in pages:
            for result in page["EvaluationResults"]:
                for resource, decision in _decisions(result):
                    if decision != "allowed":
                        yield Permission(result["EvalActionName"], resource, batch.context)

    def bucket_region(self, bucket: str) -> str | None:
        """Where a bucket is; None when there is no such bucket."""
        with translated(f"HeadBucket {bucket}"):
            try:
                headers = self._s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
            except ClientError as error:
                if code(error) in _ABSENT:
                    return None
                # Of another region: S3 says where, and botocore gives up when it may not follow.
                headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
                if code(error) not in ("301", "PermanentRedirect"):
                    raise
            if region := headers.get("x-amz-bucket-region"):
                return str(region)
            answer = self._s3.get_bucket_location(Bucket=bucket)
            # S3 calls us-east-1 nothing, and eu-west-1 sometimes EU.
            location = answer.get("LocationConstraint") or "us-east-1"
            return "eu-west-1" if location == "EU" else str(location)

    def bucket_encryption(self, bucket: str) -> tuple[str, str | None] | None:
        """Algorithm and KMS key of a bucket's default encryption; None when it has none."""
        with translated(f"GetBucketEncryption {bucket}"):
            try:
                answer = self._s3.get_bucket_encryption(Bucket=bucket)
            except ClientError as error:
                if code(error) == _UNENCRYPTED:
                    return None
                raise
            for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
                if default := rule.get("ApplyServerSideEncryptionByDefault"):
                    return str(default["SSEAlgorithm"]), default.get("KMSMasterKeyID")
        return None

    def first_objects(self, bucket: str, prefix: str, most: int) -> list[StoredObject]:
        """The first objects whose key starts so; none when there is no such bucket."""
        with translated(f"ListObjectsV2 s3://{bucket}/{prefix}"):
            try:
                page = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=most)
            except ClientError as error:
                if code(error) in _ABSENT:
                    return []
                raise
            return [StoredObject(each["Key"], each["Size"]) for each in page.get("Contents", ())]

    def beginning(self, bucket: str, key: str, size: int) -> bytes:
        """The first `size` bytes of an object that is not empty."""
        with translated(f"reading s3://{bucket}/{key}"):
            answer = self._s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{size - 1}")
            # An endpoint that knows no ranges sends everything.
            return bytes(answer["Body"].read(size))

    def has_image(self, account: str, repository: str, tag: Mapping[str, str]) -> bool:
        """Whether the caller can pull an image's manifest; `tag` is {imageTag: ...} or {imageDigest: ...}."""
        with translated(f"BatchGetImage {repository}"):
            try:
                answer = self._client("ecr").batch_get_image(
                    registryId=account, repositoryName=repository, imageIds=[dict(tag)]
                )
            except ClientError as error:
                if code(error) in _NO_IMAGE:
                    return False
                raise
            return bool(answer.get("images"))

    def quotas(self) -> dict[str, float]:
        """Name -> value of SageMaker's quotas: what this account has, else the default."""
        client = self._client("service-quotas")
        found: dict[str, float] = {}
        # The account's own last: it lists only the quotas that were ever looked at or raised.
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            with translated(f"{operation} of SageMaker"):
                for page in client.get_paginator(operation).paginate(ServiceCode=_SERVICE):
                    found |= {each["QuotaName"]: each["Value"] for each in page["Quotas"]}
        return found


@dataclass(frozen=True)
class _Batch:
    """Every action is asked about every resource."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...]


# Keeps a request far below IAM's limit on a form's size.
_MOST_RESOURCES = 25


def _batches(permissions: Iterable[Permission]) -> Iterator[_Batch]:
    """Permissions together that ask the same actions, of several resources, under the same conditions."""
    actions: dict[tuple[Any, str], set[str]] = {}
    for each in permissions:
        actions.setdefault((each.context, each.resource), set()).add(each.action)
    resources: dict[tuple[Any, tuple[str, ...]], list[str]] = {}
    for (context, resource), asked in actions.items():
        resources.setdefault((context, tuple(sorted(asked))), []).append(resource)
    for (context, asked_of_all), named in resources.items():
        for start in range(0, len(named), _MOST_RESOURCES):
            chunk = tuple(sorted(named)[start : start + _MOST_RESOURCES])
            yield _Batch(asked_of_all, chunk, context)


def _decisions(result: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    specific = result.get("ResourceSpecificResults")
    if specific:
        return [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in specific]
    return [(result.get("EvalResourceName", "*"), result["EvalDecision"])]
