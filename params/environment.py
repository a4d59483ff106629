"""Settings of one environment: what is known when a pipeline is synthesised.

`environments/<name>.toml` -> expand `${NAME}` from the process environment, or from what `pipelines.bootstrap` has
recorded -> check everything, report all problems at once -> fill `{bucket}` and `{prefix}` into the pipelines'
parameter defaults -> Environment. A suffix makes a branch of it, beside it in the same account.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from params import infra, jobs, recorded
from params.infra import Infra
from params.jobs import Jobs
from params.reader import InvalidEnvironment as InvalidEnvironment  # what loading raises
from params.reader import Reader
from params.reader import refusal as refusal  # what the settings may be
from pipelines.definition.check import near
from pipelines.definition.values import Value

DIRECTORY = Path(__file__).parent / "environments"
# The environment of a command without --env.
DEFAULT = "local"

# With a pipeline's name before it, still the name of a model package group (63 characters), and a part of a key.
_SUFFIX = re.compile(r"[a-z0-9](-?[a-z0-9]){0,29}")


@dataclass(frozen=True)
class Environment:
    """`runtime` is the state directory of the local runtime, None means AWS; `prefix` starts every key we write.

    `disabled_rules` are codes of `pipelines.validate` that are not reported, each with the reason. `account` is the
    only one that commands may write to, `profile` the credentials they use; "" means any, and those of the process.
    `suffix` is that of a branch environment, "" for the environment itself.
    `mlflow` says where executions are tracked: off, local, or the ARN of an MLflow that SageMaker itself logs to.
    """

    name: str
    region: str
    role_arn: str
    bucket: str
    prefix: str
    runtime: str | None
    tags: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Value]]
    disabled_rules: Mapping[str, str] = field(default_factory=dict)
    infra: Infra = field(default_factory=Infra)
    account: str = ""
    profile: str = ""
    jobs: Jobs = field(default_factory=Jobs)
    suffix: str = ""
    mlflow: str = "off"

    @property
    def shared_prefix(self) -> str:
        """Where the environment and its branches keep what has a content-addressed key."""
        return self.prefix.removesuffix(f"/{self.suffix}") if self.suffix else self.prefix

    def named(self, pipeline: str) -> str:
        """What a pipeline, or its model package group, is called here."""
        return f"{pipeline}-{self.suffix}" if self.suffix else pipeline

    def composition(self, deployed: str) -> str:
        """What a pipeline of that name is called where it is composed: the inverse of `named`."""
        return deployed.removesuffix(f"-{self.suffix}") if self.suffix else deployed


def names(directory: Path = DIRECTORY) -> tuple[str, ...]:
    """The environments there are, sorted."""
    return tuple(sorted(path.stem for path in directory.glob("*.toml")))


def branch(environment: Environment, suffix: str) -> Environment:
    """The environment's branch: names and keys of its own, the same data, role and settings.

    Defaults of pipeline parameters stay, so that a branch reads what the environment reads. Raises InvalidEnvironment.
    """
    if not suffix:
        return environment
    if not _SUFFIX.fullmatch(suffix):
        raise InvalidEnvironment(
            [
                f"the suffix '{suffix}' must be up to 30 lower-case letters and digits, with single hyphens between"
            ]
        )
    return replace(
        environment,
        suffix=suffix,
        prefix=f"{environment.prefix}/{suffix}",
        tags=MappingProxyType({**environment.tags, "suffix": suffix}),
    )


def load(
    name: str, *, directory: Path = DIRECTORY, variables: Mapping[str, str] | None = None
) -> Environment:
    """Read an environment; `variables` stands for the process environment and what bootstrap has recorded.

    Raises InvalidEnvironment.
    """
    if name not in names(directory):
        raise InvalidEnvironment(
            [f"environment '{name}' does not exist{near(name, names(directory))}"]
        )
    reader = Reader(
        f"{directory.parent.name}/{directory.name}/{name}.toml",
        _variables(name) if variables is None else variables,
    )
    settings = reader.expand(reader.read(directory / f"{name}.toml"))
    reader.check(settings)
    reader.stop_if_wrong()
    parameters = reader.fill(settings)
    reader.stop_if_wrong()
    return Environment(
        name=name,
        **{key: settings[key] for key in ("region", "role_arn", "bucket", "prefix")},
        runtime=settings["runtime"] or None,
        # A variable that is not set makes no tag: the service would show an empty one.
        tags=MappingProxyType({key: value for key, value in settings["tags"].items() if value}),
        disabled_rules=MappingProxyType(settings["disabled_rules"]),
        parameters=parameters,
        infra=infra.read(settings.get("infra", {})),
        account=settings.get("account", ""),
        profile=settings.get("profile", ""),
        jobs=jobs.read(settings.get("jobs", {})),
        mlflow=settings.get("mlflow", "off"),
    )


def _variables(name: str) -> Mapping[str, str]:
    try:
        found = recorded.read(name)
    except recorded.InvalidRecord as error:
        raise InvalidEnvironment([str(error)]) from error
    return found | {key: value for key, value in os.environ.items() if value}
