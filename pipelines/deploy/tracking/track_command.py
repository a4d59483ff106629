"""The work behind `track`: find a finished execution, log it."""

from __future__ import annotations

from typing import Any

from params.environment import Environment
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import UsageError
from pipelines.deploy.executions.named import find
from pipelines.deploy.reporting.report_command import read
from pipelines.deploy.tracking.tracking import track, ui_command


def track_execution(environment: Environment, name: str) -> dict[str, Any]:
    """Log an execution into the local store; the document for `--json`. Raises DeployError."""
    if environment.mlflow.startswith("arn:"):
        raise UsageError(
            f"in environment '{environment.name}' SageMaker itself logs executions, to {environment.mlflow}"
        )
    with open_endpoint(environment) as endpoint:
        content = read(
            endpoint, find(Executions(endpoint.aws), environment, name), every_trial=True
        )
        logged = track(endpoint, content)
    return {
        "environment": environment.name,
        "arn": content.view.arn,
        "run_id": logged.run_id,
        "new": logged.new,
        "ui": ui_command(endpoint),
    }
