"""The work behind `python -m pipelines.run`: start what is deployed, and watch it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy import start
from pipelines.deploy.apply import apply
from pipelines.deploy.describe import deployed_definition, storage_facts
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.plan import plan_uploads
from pipelines.deploy.start import StartOptions
from pipelines.deploy.upserting import execute


def run(
    environment: Environment, name: str, options: StartOptions, console: Console
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        definition = deployed_definition(endpoint.aws, name, environment)
        launch = start.prepare(environment, name, definition, options)
        facts = storage_facts(endpoint.aws, environment, launch.objects())
        apply(endpoint.aws, plan_uploads(environment, launch.uploads, facts))
        code, document = execute(endpoint, launch, console, wait=True)
    pipeline = {"name": name, "action": "run", **document}
    return code, {"environment": environment.name, "pipelines": [pipeline]}
