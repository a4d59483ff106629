"""The deployer's one door to AWS: thin calls on two boto3 clients, answers in plain types.

Every method makes the calls it is named for and nothing else; what botocore raises leaves as a DeployError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from pipelines.deploy.aws_errors import code, translated
from pipelines.deploy.errors import ServiceError

# Adaptive: a throttled client slows itself down, for all its threads, instead of only asking again.
_CONFIG = Config(retries={"mode": "adaptive", "total_max_attempts": 8}, connect_timeout=10)
# One thread: the files are small, and the embedded runtime's transport lives in this process anyway.
_TRANSFER = TransferConfig(use_threads=False)

# HEAD answers have no body: botocore shows the bare status as the code.
_NO_OBJECT = {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}

# The key in a step's Metadata -> (operation, member that names the job)
_JOBS = {
    "TrainingJob": ("describe_training_job", "TrainingJobName"),
    "TuningJob": ("describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
    "ProcessingJob": ("describe_processing_job", "ProcessingJobName"),
    "TransformJob": ("describe_transform_job", "TransformJobName"),
    "RegisterModel": ("describe_model_package", "ModelPackageName"),
}


def connect(region: str, endpoint_url: str | None = None, *, profile: str = "") -> Aws:
    """Clients for AWS with the profile's credentials, or for the runtime that serves `endpoint_url`."""
    with translated(f"connecting to AWS in {region}"):
        if endpoint_url is not None:
            session = boto3.Session(
                region_name=region,
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106
            )
            return from_session(session, endpoint_url)
        try:
            return from_session(boto3.Session(region_name=region, profile_name=profile or None))
        except ValueError as error:  # botocore's only words for a URL that is none
            raise ServiceError(f"{error}; correct AWS_ENDPOINT_URL or unset it") from error


def from_session(session: Any, endpoint_url: str | None = None) -> Aws:
    """Clients made by a boto3 session; the embedded runtime brings its own."""
    addressing = {"addressing_style": "path" if endpoint_url else "auto"}

    def client(service: str, config: Config | None = None) -> Any:
        own = Config(s3=addressing) if service == "s3" else Config()
        merged = _CONFIG.merge(own).merge(config or Config())
        return session.client(service, config=merged, endpoint_url=endpoint_url)

    return Aws(client("sagemaker"), client("s3"), client)


class Aws:
    """SageMaker and S3 as the deployer uses them. Every method may raise ServiceError."""

    def __init__(self, sagemaker: Any, s3: Any, client: Callable[..., Any] = boto3.client) -> None:
        """`client` makes clients of other services for the same endpoint: (service, config=...)."""
        self._sagemaker = sagemaker
        self._s3 = s3
        self.client = client

    @property
    def sagemaker(self) -> Any:
        """The SageMaker client, for the doors beside this one."""
        return self._sagemaker

    @property
    def endpoint(self) -> str:
        """The URL that SageMaker calls go to."""
        return str(self._sagemaker.meta.endpoint_url)

    def account(self) -> str:
        """The account that the credentials are for."""
        with translated("GetCallerIdentity"):
            return str(self.client("sts").get_caller_identity()["Account"])

    # Pipelines

    def describe_pipeline(self, name: str, version: int | None = None) -> dict[str, Any] | None:
        """What DescribePipeline says, of the newest version or that one; None when there is none."""
        which = {} if version is None else {"PipelineVersionId": version}
        with translated(f"DescribePipeline {name}"):
            try:
                found = self._sagemaker.describe_pipeline(PipelineName=name, **which)
            except ClientError as error:
                if code(error) == "ResourceNotFound":
                    return None
                raise
            # Whatever else may answer at the endpoint, it has no definition.
            return {**found, "PipelineDefinition": found["PipelineDefinition"]}

    def delete_pipeline(self, name: str) -> None:
        """Delete a pipeline with its versions and the records of its executions."""
        with translated(f"DeletePipeline {name}"):
            self._sagemaker.delete_pipeline(PipelineName=name)

    def list_versions(self, name: str, most: int | None = None) -> list[dict[str, Any]]:
        """The summaries of a pipeline's versions, the newest first."""
        with translated(f"ListPipelineVersions {name}"):
            return self._pages(
                "list_pipeline_versions", "PipelineVersionSummaries", most, PipelineName=name
            )

    def describe_version(self, arn: str, version: int, description: str) -> None:
        """Set the description of a version."""
        with translated(f"UpdatePipelineVersion {arn} {version}"):
            self._sagemaker.update_pipeline_version(
                PipelineArn=arn,
                PipelineVersionId=version,
                PipelineVersionDescription=description,
            )

    def list_tags(self, arn: str) -> dict[str, str]:
        """The tags of a resource."""
        with translated(f"ListTags {arn}"):
            pages = self._sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def create_pipeline(self, name: str, request: Mapping[str, Any]) -> str:
        """Create a pipeline; the ARN."""
        with translated(f"CreatePipeline {name}"):
            answer = self._sagemaker.create_pipeline(PipelineName=name, **request)
            return str(answer["PipelineArn"])

    def update_pipeline(self, name: str, request: Mapping[str, Any]) -> tuple[str, int | None]:
        """Change what `request` names of a pipeline; the ARN and the version there is now, if it is told."""
        with translated(f"UpdatePipeline {name}"):
            answer = self._sagemaker.update_pipeline(PipelineName=name, **request)
            return str(answer["PipelineArn"]), answer.get("PipelineVersionId")

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags, leaving others alone."""
        with translated(f"AddTags {arn}"):
            self._sagemaker.add_tags(ResourceArn=arn, Tags=tag_list(tags))

    # Executions

    def list_executions(self, name: str, most: int | None = None) -> list[dict[str, Any]]:
        """The summaries of a pipeline's executions, the newest first."""
        with translated(f"ListPipelineExecutions {name}"):
            return self._pages(
                "list_pipeline_executions",
                "PipelineExecutionSummaries",
                most,
                PipelineName=name,
                SortBy="CreationTime",
            )

    def execution_definition(self, arn: str) -> str:
        """The definition that an execution runs."""
        with translated(f"DescribePipelineDefinitionForExecution {arn}"):
            answer = self._sagemaker.describe_pipeline_definition_for_execution(
                PipelineExecutionArn=arn
            )
            return str(answer["PipelineDefinition"])

    def execution_parameters(self, arn: str) -> dict[str, str]:
        """The parameters that an execution was started with, without those left at their default."""
        with translated(f"ListPipelineParametersForExecution {arn}"):
            pages = self._pages(
                "list_pipeline_parameters_for_execution",
                "PipelineParameters",
                None,
                PipelineExecutionArn=arn,
            )
            return {each["Name"]: each["Value"] for each in pages}

    def start(self, name: str, parameters: Mapping[str, str]) -> str:
        """Start an execution; its ARN."""
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        with translated(f"StartPipelineExecution {name}"):
            answer = self._sagemaker.start_pipeline_execution(
                PipelineName=name, **({"PipelineParameters": given} if given else {})
            )
            return str(answer["PipelineExecutionArn"])

    def stop(self, arn: str) -> None:
        """Ask for an execution to stop; it is Stopping until its jobs have ended."""
        with translated(f"StopPipelineExecution {arn}"):
            self._sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    def describe_execution(self, arn: str) -> dict[str, Any]:
        """What DescribePipelineExecution says."""
        with translated(f"DescribePipelineExecution {arn}"):
            return dict(self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))

    def list_steps(self, arn: str) -> list[dict[str, Any]]:
        """The steps that were started so far, oldest first."""
        with translated(f"ListPipelineExecutionSteps {arn}"):
            pages = self._sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
                PipelineExecutionArn=arn, SortOrder="Ascending"
            )
            return [step for page in pages for step in page["PipelineExecutionSteps"]]

    def describe_job(self, kind: str, arn: str) -> dict[str, Any] | None:
        """Describe what a step made; `kind` is the key in its Metadata, None for kinds without numbers."""
        if kind not in _JOBS:
            return None
        operation, member = _JOBS[kind]
        # Only a model package is described by its ARN: the names of its versions are not unique.
        name = arn if kind == "RegisterModel" else arn.rpartition("/")[2]
        with translated(f"{operation} {name}"):
            return dict(getattr(self._sagemaker, operation)(**{member: name}))

    def list_trials(self, tuning_job: str, status: str) -> Iterator[dict[str, Any]]:
        """The training jobs of a tuning job that are in a status such as Failed."""
        with translated(f"ListTrainingJobsForHyperParameterTuningJob {tuning_job}"):
            pages = self._sagemaker.get_paginator(
                "list_training_jobs_for_hyper_parameter_tuning_job"
            ).paginate(HyperParameterTuningJobName=tuning_job, StatusEquals=status)
            for page in pages:
                yield from page["TrainingJobSummaries"]

    # S3

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket is there and may be looked at."""
        with translated(f"HeadBucket {bucket}"):
            return _found(self._s3.head_bucket, Bucket=bucket)

    def create_bucket(self, bucket: str, region: str) -> None:
        """Create a private bucket."""
        # us-east-1 is the one region that must not be named here.
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with translated(f"CreateBucket {bucket}"):
            self._s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else where))

    def object_exists(self, bucket: str, key: str) -> bool:
        """Whether there is an object under the key."""
        with translated(f"HeadObject s3://{bucket}/{key}"):
            return _found(self._s3.head_object, Bucket=bucket, Key=key)

    def holds_objects(self, bucket: str, prefix: str) -> bool:
        """Whether any key of the bucket starts so; False when there is no such bucket."""
        with translated(f"ListObjectsV2 s3://{bucket}/{prefix}"):
            try:
                found = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
            except ClientError as error:
                if code(error) in _NO_OBJECT:
                    return False
                raise
            return bool(found["KeyCount"])

    def upload(self, path: Path, bucket: str, key: str) -> None:
        """Put a file, in parts when it is large."""
        with translated(f"uploading {path} to s3://{bucket}/{key}"):
            self._s3.upload_file(str(path), bucket, key, Config=_TRANSFER)

    def read_bytes(self, uri: str, most: int) -> bytes | None:
        """An object's first `most` bytes; None when there is no such object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with translated(f"reading {uri}"):
            try:
                body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read(most)
            except ClientError as error:
                if code(error) in _NO_OBJECT:
                    return None
                raise
            return body

    def read_json(self, uri: str) -> Any:
        """Read an object as JSON. Raises ServiceError when it is not."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with translated(f"reading {uri}"):
            body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ServiceError(f"reading {uri}: it is not JSON ({error})") from error

    def _pages(
        self, operation: str, member: str, most: int | None, **request: Any
    ) -> list[dict[str, Any]]:
        """Newest first; the order is asked for where the operation has one."""
        found: list[dict[str, Any]] = []
        order = {} if "parameters" in operation else {"SortOrder": "Descending"}
        limit = {} if most is None else {"MaxResults": most}
        while True:
            answer = getattr(self._sagemaker, operation)(**request, **order, **limit)
            found += answer[member]
            token = answer.get("NextToken")
            if not token or (most is not None and len(found) >= most):
                return found[:most]
            request["NextToken"] = token


def tag_list(tags: Mapping[str, str]) -> Sequence[dict[str, str]]:
    """Tags the way the API writes them, sorted."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _found(head: Any, **what: str) -> bool:
    try:
        head(**what)
    except ClientError as error:
        if code(error) in _NO_OBJECT:
            return False
        raise
    return True
