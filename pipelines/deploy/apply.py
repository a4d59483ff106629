"""Carry out the instructions of a plan, one call each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipelines.deploy.aws import Aws, tag_list
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Instruction,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
    UploadInput,
    WriteSample,
)
from pipelines.deploy.sample_data import write_sample


def apply(aws: Aws, instructions: Iterable[Instruction]) -> None:
    """Do what the plan says, in its order; stops at the first refusal. Raises ServiceError."""
    for instruction in instructions:
        _HANDLERS[type(instruction)](aws, instruction)


def _create_bucket(aws: Aws, todo: CreateBucket) -> None:
    aws.create_bucket(todo.bucket, todo.region)


def _publish(aws: Aws, todo: PublishAsset | UploadInput) -> None:
    aws.upload(todo.path, todo.bucket, todo.key)


def _write_sample(aws: Aws, todo: WriteSample) -> None:
    with tempfile.TemporaryDirectory(prefix="sample-") as directory:
        path = Path(directory) / "sample.csv"
        write_sample(path, todo.rows, todo.seed)
        aws.upload(path, todo.bucket, todo.key)


def _create(aws: Aws, todo: CreatePipeline) -> None:
    request: dict[str, Any] = {"PipelineDefinition": todo.definition, "RoleArn": todo.role_arn}
    if todo.description:
        request["PipelineDescription"] = todo.description
    if todo.tags:
        request["Tags"] = tag_list(todo.tags)
    aws.create_pipeline(todo.name, request)


def _update(aws: Aws, todo: UpdatePipeline) -> None:
    # Only what differs is sent: a definition, even the same one, would make a new version.
    request = {
        "PipelineDefinition": todo.definition,
        "PipelineDescription": todo.description,
        "RoleArn": todo.role_arn,
    }
    aws.update_pipeline(todo.name, {key: v for key, v in request.items() if v is not None})


def _tag(aws: Aws, todo: TagPipeline) -> None:
    aws.add_tags(todo.arn, todo.tags)


_HANDLERS: dict[type, Callable[[Aws, Any], None]] = {
    CreateBucket: _create_bucket,
    PublishAsset: _publish,
    UploadInput: _publish,
    WriteSample: _write_sample,
    CreatePipeline: _create,
    UpdatePipeline: _update,
    TagPipeline: _tag,
}
