"""Carry out the instructions of a plan, one call each; a new version gets its description by a second one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipelines.deploy.aws import Aws, tag_list
from pipelines.deploy.errors import ServiceError
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

# The ARN of a pipeline and the number of its newest version, None when the service does not tell.
_Version = tuple[str, int | None]


def apply(aws: Aws, instructions: Iterable[Instruction]) -> tuple[str, ...]:
    """Do what the plan says, in its order; stops at the first refusal. Raises ServiceError.

    Returns a sentence for each thing that could not be done although what was deployed is complete without it.
    """
    missed: list[str] = []
    for instruction in instructions:
        version = _HANDLERS[type(instruction)](aws, instruction)
        if version and isinstance(instruction, CreatePipeline | UpdatePipeline):
            missed += _note(aws, version, instruction.note)
    return tuple(missed)


def _create_bucket(aws: Aws, todo: CreateBucket) -> None:
    aws.create_bucket(todo.bucket, todo.region)


def _publish(aws: Aws, todo: PublishAsset | UploadInput) -> None:
    aws.upload(todo.path, todo.bucket, todo.key)


def _write_sample(aws: Aws, todo: WriteSample) -> None:
    # Not at the top: numpy takes a tenth of a second, and most plans write no sample.
    from pipelines.deploy.sample_data import write_sample

    with tempfile.TemporaryDirectory(prefix="sample-") as directory:
        path = Path(directory) / "sample.csv"
        write_sample(path, todo.rows, todo.seed)
        aws.upload(path, todo.bucket, todo.key)


def _create(aws: Aws, todo: CreatePipeline) -> _Version:
    request: dict[str, Any] = {"PipelineDefinition": todo.definition, "RoleArn": todo.role_arn}
    if todo.description:
        request["PipelineDescription"] = todo.description
    if todo.tags:
        request["Tags"] = tag_list(todo.tags)
    return aws.create_pipeline(todo.name, request | _parallelism(todo.parallelism)), 1


def _update(aws: Aws, todo: UpdatePipeline) -> _Version:
    # Only what differs is sent: a definition, even the same one, would make a new version.
    request = {
        "PipelineDefinition": todo.definition,
        "PipelineDescription": todo.description,
        "RoleArn": todo.role_arn,
    }
    given = {key: value for key, value in request.items() if value is not None}
    return aws.update_pipeline(todo.name, given | _parallelism(todo.parallelism))


def _parallelism(most: int | None) -> dict[str, Any]:
    return {} if most is None else {"ParallelismConfiguration": {"MaxParallelExecutionSteps": most}}


def _note(aws: Aws, version: _Version, note: str | None) -> list[str]:
    """Describe the version that was just made; a role that may not do this can still deploy."""
    arn, number = version
    if note is None or number is None:
        return []
    try:
        aws.describe_version(arn, number, note)
    except ServiceError as error:
        return [f"version {number} carries no commit, so history cannot tell it: {error}"]
    return []


def _tag(aws: Aws, todo: TagPipeline) -> None:
    aws.add_tags(todo.arn, todo.tags)


_HANDLERS: dict[type, Callable[[Aws, Any], _Version | None]] = {
    CreateBucket: _create_bucket,
    PublishAsset: _publish,
    UploadInput: _publish,
    WriteSample: _write_sample,
    CreatePipeline: _create,
    UpdatePipeline: _update,
    TagPipeline: _tag,
}
