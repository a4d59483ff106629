"""What is done with an execution that a command has followed to its end: its report is written, and it is tracked.

The execution is over: what goes wrong here is said, and changes nothing about the command's outcome.
"""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from pipelines.definition.document import Definition
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.errors import DeployError
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.gather import gather
from pipelines.deploy.reporting.page import render
from pipelines.deploy.reporting.report_command import file_name, write
from pipelines.deploy.watching.execution import ExecutionView
from pipelines.deploy.watching.findings import Findings

DIRECTORY = "reports"


def keep(
    endpoint: Endpoint, definition: Definition, view: ExecutionView, findings: Findings
) -> list[Text]:
    """Write the report into the runtime's directory; lines that say where it is."""
    if endpoint.state is None:
        return []
    try:
        content = gather(endpoint, definition, view, findings)
        path = _write(endpoint.state, content)
    except DeployError as error:
        return [Text(f"No report: {error}", "yellow")]
    return [Text.assemble(("Report  ", "bold"), str(path))]


def _write(state: Path, content: Content) -> Path:
    path = state / DIRECTORY / file_name(content)
    write(path, render(content))
    return path
