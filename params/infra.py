"""Settings of one environment's infrastructure: the table [infra] of its TOML, which `pipelines.bootstrap` deploys.

"" means without: no schedule, no CodeBuild, nobody told. What needs another setting is said by `missing`, not by
loading: who only deploys pipelines needs none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from params.table import table_problems
from pipelines.definition.check import near

# setting -> (pattern, what is allowed, in words); every text may also be "", but `project` and `branch`
_TEXTS = {
    # The bucket is called project-environment-account-region, in 63 characters.
    "project": (
        re.compile(r"[a-z][a-z0-9\-]{0,19}"),
        "a letter and up to 19 lower-case letters, digits and hyphens",
    ),
    "repository": (re.compile(r"[\w.\-]+/[\w.\-]+", re.ASCII), "OWNER/NAME on GitHub"),
    "branch": (re.compile(r"[\w.\-/]+", re.ASCII), "a branch: letters, digits and . _ - /"),
    "connection": (
        re.compile(
            r"arn:aws[a-z\-]*:(codeconnections|codestar-connections):[a-z0-9\-]+:\d{12}:connection/.+"
        ),
        "the ARN of a CodeConnections connection",
    ),
    "github_provider": (
        re.compile(r"arn:aws[a-z\-]*:iam::\d{12}:oidc-provider/.+"),
        "the ARN of an OIDC provider",
    ),
    "pipeline": (re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}"), "a pipeline name"),
    "schedule": (
        re.compile(r"(cron|rate)\([^()]+\)"),
        "cron(...) or rate(...) of EventBridge, such as cron(0 6 ? * MON *)",
    ),
    "incoming": (
        re.compile(r"[A-Za-z0-9_.\-]+(/[A-Za-z0-9_.\-]+)*"),
        "a key prefix below the environment's, without a slash at either end",
    ),
    "email": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "an e-mail address"),
}
_REQUIRED = ("project", "branch")
_SWITCHES = ("github_actions", "branches")


@dataclass(frozen=True)
class Infra:
    """`connection` brings CodeBuild, `github_actions` a role for it; `pipeline` is what `schedule` and data start.

    `branches` lets the roles deploy and run branch environments (`--suffix`) too.
    """

    project: str = "pipelines"
    repository: str = ""
    branch: str = "main"
    connection: str = ""
    github_actions: bool = False
    github_provider: str = ""
    pipeline: str = ""
    schedule: str = ""
    incoming: str = ""
    email: str = ""
    branches: bool = False


def read(table: Mapping[str, Any]) -> Infra:
    """The settings of a table without problems."""
    return Infra(**table)


def problems(table: object) -> Iterator[str]:
    """What is wrong with the table [infra], each naming its key."""
    if not isinstance(table, dict):
        return  # the reader of the file has said so
    yield from table_problems("infra", table, Infra, _problem)


def missing(infra: Infra, pipelines: Mapping[str, Any]) -> Iterator[str]:
    """What must be set before the infrastructure can be deployed; `pipelines` are those of the environment."""
    if infra.connection and not infra.repository:
        yield "'infra.repository' is empty, but 'infra.connection' brings CodeBuild, which builds it"
    if infra.github_actions and not infra.repository:
        yield "'infra.repository' is empty, but 'infra.github_actions' makes a role for it"
    if infra.pipeline not in pipelines:
        yield (
            f"'infra.pipeline' must be a pipeline of [parameters] but got '{infra.pipeline}'"
            f"{near(infra.pipeline, pipelines)}"
        )


def _problem(key: str, value: object) -> str | None:
    if key in _SWITCHES:
        return None if isinstance(value, bool) else f"must be true or false but got {value!r}"
    pattern, allowed = _TEXTS[key]
    if value == "" and key not in _REQUIRED:
        return None
    if isinstance(value, str) and pattern.fullmatch(value):
        return None
    return f"must be {allowed} but got {value!r}"
