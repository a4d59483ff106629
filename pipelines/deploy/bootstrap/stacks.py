"""Which stacks an environment has, in the order in which they are made, and the parameters of each. Pure.

Each is a template of infra/; its outputs are parameters of those that come later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params import infra
from params.environment import Environment
from params.infra import Infra
from params.reader import NO_ACCOUNT

TEMPLATES = Path(__file__).parents[3] / "infra"
# Output of a stack -> the variable that the environment's TOML takes it from.
VARIABLES = {"BucketName": "ARTIFACT_BUCKET", "PipelineRoleArn": "SAGEMAKER_PIPELINE_ROLE_ARN"}
# Well-formed values, to load an environment whose stacks are not made yet.
STAND_INS = {
    "ARTIFACT_BUCKET": "not-made-yet",
    "SAGEMAKER_PIPELINE_ROLE_ARN": f"arn:aws:iam::{NO_ACCOUNT}:role/not-made-yet",
}
# What InputDataUri and ModelApprovalStatus of a scheduled execution come from.
_SCHEDULED = {"ScheduleInputUri": "InputDataUri", "ScheduleApprovalStatus": "ModelApprovalStatus"}
_OF_THE_ENVIRONMENT = ("Project", "EnvironmentName")


@dataclass(frozen=True)
class Stack:
    """`parameters` are those that the template declares; `adopts`: it takes over a bucket that is already there."""

    concern: str
    parameters: tuple[str, ...]
    adopts: bool = False
    wanted: Callable[[Infra], bool] = lambda _: True

    @property
    def template(self) -> Path:
        return TEMPLATES / f"{self.concern}.yaml"


@dataclass(frozen=True)
class Place:
    """Where the stacks are made."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


STACKS = (
    Stack("storage", (*_OF_THE_ENVIRONMENT, "KeyPrefix"), adopts=True),
    Stack(
        "roles",
        (
            *(*_OF_THE_ENVIRONMENT, "KeyPrefix", "BucketName", "ConnectionArn"),
            *("PipelineArns", "PipelineRecordArns", "OutputArns"),
            *("ModelPackageGroupArns", "ModelPackageArns", "UsesVpc", "KeyArn"),
        ),
    ),
    Stack(
        "delivery",
        (
            *(*_OF_THE_ENVIRONMENT, "BucketName", "PipelineRoleArn", "CheckRoleArn"),
            *("DeployRoleArn", "ConnectionArn", "Repository", "Branch"),
        ),
        wanted=lambda settings: bool(settings.connection),
    ),
    Stack(
        "triggers",
        (
            *(*_OF_THE_ENVIRONMENT, "BucketName", "Pipelines", "PipelineArns"),
            *("StartedPipelineArn", "Schedule", *_SCHEDULED, "IncomingPrefix"),
            "NotificationEmail",
        ),
    ),
    Stack(
        "github-oidc",
        (
            *(*_OF_THE_ENVIRONMENT, "ReadPolicyArn", "DeployPolicyArn", "Repository", "Branch"),
            "ProviderArn",
        ),
        wanted=lambda settings: settings.github_actions,
    ),
)


def name(environment: Environment, stack: Stack) -> str:
    """The stack's name in its account and region."""
    return f"{environment.infra.project}-{environment.name}-{stack.concern}"


def bucket(environment: Environment, place: Place) -> str:
    """As storage.yaml names it."""
    return f"{environment.infra.project}-{environment.name}-{place.account}-{place.region}"


def problems(environment: Environment) -> Iterator[str]:
    """What the environment lacks before its stacks can be made."""
    yield from infra.missing(environment.infra, environment.parameters)
    if "alias/" in environment.jobs.kms_key:
        yield (
            f"'jobs.kms_key' is the alias '{environment.jobs.kms_key}', but the roles can only be given a key "
            "itself; name it by its id or ARN"
        )
    defaults = environment.parameters.get(environment.infra.pipeline)
    for parameter in _SCHEDULED.values():
        if defaults is not None and parameter not in defaults:
            yield (
                f"'parameters.{environment.infra.pipeline}.{parameter}' is missing, "
                "but executions that infra/triggers.yaml starts are given it"
            )


def parameters(
    environment: Environment, stack: Stack, place: Place, outputs: Mapping[str, str]
) -> dict[str, str]:
    """The template's parameters; an output that no stack has given yet is stood in for, which only a plan may do."""
    known = _settings(environment, place) | dict(outputs)
    if stack.concern == "roles" and environment.infra.branches:
        known |= _branches(environment, place)
    return {each: known.get(each, _stand_in(each, place)) for each in stack.parameters}


def variables(environment: Environment, place: Place, outputs: Mapping[str, str]) -> dict[str, str]:
    """What the environment's TOML reads, once the stacks that give it are there."""
    found = {VARIABLES[key]: outputs[key] for key in VARIABLES if key in outputs}
    return {
        **found,
        "AWS_REGION": environment.region,
        "SAGEMAKER_PIPELINE_ACCOUNT": place.account,
    }


def _settings(environment: Environment, place: Place) -> dict[str, Any]:
    settings, prefix = environment.infra, environment.prefix
    names = sorted(environment.parameters)
    defaults, home = environment.parameters[settings.pipeline], bucket(environment, place)
    uri = str(defaults["InputDataUri"]).replace(f"s3://{environment.bucket}/", f"s3://{home}/")
    return {
        "Project": settings.project,
        "EnvironmentName": environment.name,
        "KeyPrefix": prefix,
        "BucketName": home,
        "ConnectionArn": settings.connection,
        "Repository": settings.repository,
        "Branch": settings.branch,
        "ProviderArn": settings.github_provider,
        "Pipelines": ",".join(names),
        "PipelineArns": _arns(place, "pipeline/{}", names),
        "PipelineRecordArns": _arns(place, "pipeline/{}/*", names),
        # A pipeline registers its models in the group of its own name.
        "ModelPackageGroupArns": _arns(place, "model-package-group/{}", names),
        "ModelPackageArns": _arns(place, "model-package/{}/*", names),
        "OutputArns": ",".join(
            f"arn:{place.partition}:s3:::{home}/{prefix}/{each}/*" for each in names
        ),
        "UsesVpc": "true" if environment.jobs.subnets else "false",
        "KeyArn": _key_arn(environment.jobs.kms_key, place),
        "StartedPipelineArn": place.arn("sagemaker", f"pipeline/{settings.pipeline}"),
        "Schedule": settings.schedule,
        "ScheduleInputUri": uri,
        "ScheduleApprovalStatus": str(defaults["ModelApprovalStatus"]),
        "IncomingPrefix": f"{prefix}/{settings.incoming}/" if settings.incoming else "",
        "NotificationEmail": settings.email,
    }


def _branches(environment: Environment, place: Place) -> dict[str, str]:
    """What the roles may use, with that of branch environments: NAME-SUFFIX, below PREFIX/SUFFIX."""
    names = [each for name in sorted(environment.parameters) for each in (name, f"{name}-*")]
    home = f"arn:{place.partition}:s3:::{bucket(environment, place)}/{environment.prefix}"
    outputs = [f"{home}/{where}{name}/*" for name in environment.parameters for where in ("", "*/")]
    return {
        "PipelineArns": _arns(place, "pipeline/{}", names),
        "PipelineRecordArns": _arns(place, "pipeline/{}/*", names),
        "ModelPackageGroupArns": _arns(place, "model-package-group/{}", names),
        "ModelPackageArns": _arns(place, "model-package/{}/*", names),
        "OutputArns": ",".join(sorted(outputs)),
    }


def _key_arn(key: str, place: Place) -> str:
    return place.arn("kms", f"key/{key}") if key and not key.startswith("arn:") else key


def _arns(place: Place, resource: str, names: list[str]) -> str:
    return ",".join(place.arn("sagemaker", resource.format(each)) for each in names)


def _stand_in(parameter: str, place: Place) -> str:
    kind = "policy" if "Policy" in parameter else "role"
    return f"arn:{place.partition}:iam::{place.account}:{kind}/known-when-made"
