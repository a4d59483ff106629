"""Look at what is deployed; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from params.environment import Environment
from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError
from pipelines.deploy import parallel
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import DefinitionInvalid, DeployError, listed
from pipelines.deploy.plan import Deployed, Facts
from pipelines.deploy.start import Launch


def deployed(aws: Aws, name: str) -> Deployed | None:
    """The pipeline as it is now, with its tags; None when there is none."""
    found = aws.describe_pipeline(name)
    if found is None:
        return None
    return Deployed(
        arn=found["PipelineArn"],
        definition=found["PipelineDefinition"],
        description=found.get("PipelineDescription", ""),
        role_arn=found["RoleArn"],
        tags=aws.list_tags(found["PipelineArn"]),
        parallelism=found.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps"),
    )


def storage_facts(aws: Aws, environment: Environment, objects: Iterable[tuple[str, str]]) -> Facts:
    """Facts about the bucket and the (bucket, key) pairs that should exist, no pipeline among them.

    Raises DeployError when the bucket does not exist and is not ours to create.
    """
    exists = aws.bucket_exists(environment.bucket)
    if not exists and environment.runtime is None:
        raise DeployError(
            f"environment '{environment.name}': bucket '{environment.bucket}' does not exist in "
            f"{environment.region}; create it or correct `bucket`"
        )
    wanted = tuple(objects)
    there = parallel.every(lambda each: exists and aws.object_exists(*each), wanted)
    missing = frozenset(key for (_, key), found in zip(wanted, there, strict=True) if not found)
    return Facts(None, exists, missing)


def check_input(aws: Aws, environment: Environment, launch: Launch) -> None:
    """Look for the data that an execution is to read. Raises DeployError when nothing is there."""
    if launch.reads is None:
        return
    bucket, _, prefix = launch.reads.removeprefix("s3://").partition("/")
    if not aws.holds_objects(bucket, prefix):
        raise DeployError(
            f"{launch.name}: InputDataUri {launch.reads}: there is no such object in environment "
            f"'{environment.name}'; give --input with a file of this machine, or upload the data first"
        )


def deployed_definition(aws: Aws, name: str) -> Definition | None:
    """The definition that a start would run, None when there is none. Raises DefinitionInvalid."""
    found = aws.describe_pipeline(name)
    if found is None:
        return None
    try:
        return parse(found["PipelineDefinition"])
    except DefinitionError as error:
        raise DefinitionInvalid(
            listed(
                f"{name}: the deployed definition cannot be read; upsert it again", error.problems
            )
        ) from error
