"""The work behind `report`: find the execution, ask for everything, write one file or print Markdown."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from params.environment import Environment
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import DeployError
from pipelines.deploy.executions.named import Target, executed_definition, find
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.gather import gather
from pipelines.deploy.reporting.markdown import markdown
from pipelines.deploy.reporting.page import render
from pipelines.deploy.watching.findings import find as look_into
from pipelines.deploy.watching.insight import Insight
from pipelines.deploy.watching.progress import Observer


@dataclass(frozen=True)
class Written:
    """Where the report is; `markdown` instead of a file when that was asked for."""

    content: Content
    path: Path | None
    markdown: str


def report(environment: Environment, name: str, out: Path | None, *, as_markdown: bool) -> Written:
    """Report on an execution, into `out` or REPORT of its own name. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        content = read(endpoint, find(Executions(endpoint.aws), environment, name))
    text = markdown(content) if as_markdown else render(content)
    if as_markdown and out is None:
        return Written(content, None, text)
    path = out or Path(file_name(content))
    write(path, text)
    return Written(content, path, text if as_markdown else "")


def read(endpoint: Endpoint, target: Target, *, every_trial: bool = False) -> Content:
    """Everything about an execution; `every_trial` as for `gather`. Raises DeployError."""
    definition = executed_definition(endpoint.aws, target)
    view = Observer(endpoint.aws, definition, target.arn, Insight(endpoint.aws)).look()
    findings = look_into(endpoint.aws, definition, view, endpoint.state, Logs(endpoint.aws))
    return gather(endpoint, definition, view, findings, every_trial=every_trial)


def file_name(content: Content) -> str:
    """`house-price-abcdefghijkl.html`."""
    return f"{content.view.pipeline}-{content.id}.html"


def write(path: Path, text: str) -> None:
    """Write the file whole or not at all, with the directories above it. Raises DeployError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
                stream.write(text)
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise DeployError(f"{path} cannot be written: {error.strerror or error}") from error
