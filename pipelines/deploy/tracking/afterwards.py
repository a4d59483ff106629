"""What is done with an execution that a command has followed to its end: its report is written, and it is tracked.

The execution is over: what goes wrong here is said, and changes nothing about the command's outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.text import Text

from pipelines.definition.document import Definition
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.errors import DeployError
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.gather import gather
from pipelines.deploy.reporting.page import render
from pipelines.deploy.reporting.report_command import file_name, write
from pipelines.deploy.tracking.tracking import track, ui_command
from pipelines.deploy.watching.execution import ExecutionView
from pipelines.deploy.watching.findings import Findings

DIRECTORY = "reports"


def keep(
    endpoint: Endpoint, definition: Definition, view: ExecutionView, findings: Findings
) -> list[Text]:
    """Write the report into the runtime's directory, track where the environment says so; lines that say where."""
    tracked = endpoint.environment is not None and endpoint.environment.mlflow == "local"
    if endpoint.state is None and not tracked:
        return []
    content = gather(endpoint, definition, view, findings, every_trial=tracked)
    lines = []
    if endpoint.state is not None:
        lines.append(_attempt("Report", lambda: _write(endpoint.state, content)))
    if tracked:
        lines.append(_attempt("MLflow", lambda: _track(endpoint, content)))
    return lines


def _attempt(what: str, work: Callable[[], str]) -> Text:
    try:
        return Text.assemble((f"{what}  ", "bold"), work())
    except DeployError as error:
        return Text(f"{what}: {error}", "yellow")


def _write(state: Path | None, content: Content) -> str:
    path = (state or Path()) / DIRECTORY / file_name(content)
    write(path, render(content))
    return str(path)


def _track(endpoint: Endpoint, content: Content) -> str:
    track(endpoint, content)
    return ui_command(endpoint)
