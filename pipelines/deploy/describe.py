"""Look at what is deployed; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from params.environment import Environment
from pipelines.definition.document import Definition, parse
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import DeployError, NotDeployed
from pipelines.deploy.plan import Deployed, Facts


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
    )


def facts(
    aws: Aws, environment: Environment, name: str, objects: Iterable[tuple[str, str]]
) -> Facts:
    """Everything a plan needs. Raises DeployError as `storage_facts` does."""
    return replace(storage_facts(aws, environment, objects), pipeline=deployed(aws, name))


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
    missing = frozenset(
        key for bucket, key in objects if not exists or not aws.object_exists(bucket, key)
    )
    return Facts(None, exists, missing)


def deployed_definition(aws: Aws, name: str, environment: Environment) -> Definition:
    """The definition that a start would run. Raises NotDeployed."""
    found = aws.describe_pipeline(name)
    if found is None:
        option = "" if environment.name == "local" else f" --env {environment.name}"
        raise NotDeployed(
            f"pipeline '{name}' is not deployed in environment '{environment.name}'; "
            f"deploy it with: python -m pipelines.upsert {name}{option}"
        )
    return parse(found["PipelineDefinition"])
