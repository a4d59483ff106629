"""Where and what is tracked: the local MLflow store, at the end of a run or later."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.errors import DeployError
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.page import ReportUnavailable, render
from pipelines.deploy.tracking.records import record
from pipelines.deploy.tracking.store import Logged, database, log

# Where AWS runs the jobs there is no state directory; the store lies where one would.
_DIRECTORY = Path(".sagemaker")


def directory(endpoint: Endpoint) -> Path:
    """Where the store is."""
    return endpoint.state or _DIRECTORY


def track(endpoint: Endpoint, content: Content) -> Logged:
    """Log a finished execution once. Raises TrackingUnavailable; DeployError when it still runs."""
    if not content.view.status.is_finished():
        raise DeployError(
            f"{content.view.arn} is {content.view.status}; track it when it has finished"
        )
    found = record(content)
    files = {"links.json": json.dumps(dict(found.links), indent=2, sort_keys=True)}
    with suppress(ReportUnavailable):  # the report is an extra of its own
        files["report.html"] = render(content)
    return log(directory(endpoint), found, files)


def ui_command(endpoint: Endpoint) -> str:
    """What opens MLflow's pages on the store."""
    return f"mlflow ui --backend-store-uri sqlite:///{database(directory(endpoint))}"
