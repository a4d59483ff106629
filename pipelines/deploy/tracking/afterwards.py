"""What is done with an execution that a command has followed to its end: its report is written, and it is tracked.

The execution is over: what goes wrong here is said, and changes nothing about the command's outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
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
    settings = endpoint.environment
    tracked = settings is not None and settings.mlflow == "local"
    kept = ["Report"] * (endpoint.state is not None) + ["MLflow"] * tracked
    content = cache(lambda: gather(endpoint, definition, view, findings, every_trial=tracked))
    works = {
        "Report": lambda: _write(endpoint.state, content()),
        "MLflow": lambda: _track(endpoint, content()),
    }
    return [_attempt(what, works[what]) for what in kept]


def _attempt(what: str, work: Callable[[], str]) -> Text:
    try:
        return Text.assemble((f"{what}  ", "bold"), work())
    except DeployError as error:
        return Text(f"{what}: {error}", "yellow")
    except Exception as error:  # noqa: BLE001 - a mistake in here fails no run that succeeded
        return Text(f"{what}: unexpected {type(error).__name__}: {error}", "yellow")


def _write(state: Path | None, content: Content) -> str:
    path = (state or Path()) / DIRECTORY / file_name(content)
    write(path, render(content))
    return str(path)


def _track(endpoint: Endpoint, content: Content) -> str:
    track(endpoint, content)
    return ui_command(endpoint)
