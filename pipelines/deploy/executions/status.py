"""The work behind `status`: all pipelines at a glance, or one execution in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from params.environment import Environment
from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.executions.named import Target, executed_definition, find, typed
from pipelines.deploy.output import say
from pipelines.deploy.text import duration, shortened
from pipelines.deploy.watching.display import MARKS, utc_now
from pipelines.deploy.watching.documents import (
    execution_document,
    findings_document,
    step_documents,
)
from pipelines.deploy.watching.execution import ExecutionView, Status
from pipelines.deploy.watching.findings import Findings
from pipelines.deploy.watching.findings import find as look_into
from pipelines.deploy.watching.insight import Insight
from pipelines.deploy.watching.progress import Observer
from pipelines.deploy.watching.summary import summary

# Of each pipeline so many of the newest executions are looked at: what runs is among them.
_NEWEST = 20
_EARLIER = 5


@dataclass(frozen=True)
class Glance:
    """An execution in one line; `steps` are those that run now."""

    pipeline: str
    arn: str
    status: Status
    started: datetime
    ended: datetime | None
    steps: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    def seconds(self, now: datetime) -> float:
        """How long it has run, or ran."""
        return max(0.0, ((self.ended or now) - self.started).total_seconds())

    def document(self, now: datetime) -> dict[str, Any]:
        """For `--json`."""
        return {
            "arn": self.arn,
            "status": str(self.status),
            "started": self.started.isoformat(),
            "seconds": round(self.seconds(now), 3),
            "running_steps": list(self.steps),
        }


@dataclass(frozen=True)
class Detail:
    """One execution in full, and the pipeline's other executions."""

    view: ExecutionView
    findings: Findings
    parameters: dict[str, str]
    earlier: tuple[Glance, ...]


def overview(environment: Environment, console: Console) -> dict[str, Any]:
    """Show all pipelines, each with its newest execution and those that run; the document. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        executions = Executions(endpoint.aws)
        found = {name: _shown(endpoint.aws, executions, name) for name in executions.pipelines()}
        say(console, f"{environment.name}: {endpoint.label}", "")
    now = utc_now()
    if found:
        say(console, _overview_table(found, now))
    else:
        say(console, f"No pipeline is deployed. Deploy one: {typed('upsert', environment)}")
    pipelines = [
        {"name": name, "executions": [each.document(now) for each in glances]}
        for name, glances in found.items()
    ]
    return {"environment": environment.name, "pipelines": pipelines}


def show(environment: Environment, name: str, console: Console) -> tuple[Status, dict[str, Any]]:
    """Show one execution; its status and the document. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        target = find(Executions(endpoint.aws), environment, name)
        detail = _detail(endpoint, target)
        say(console, f"{environment.name}: {endpoint.label}", "")
    now = utc_now()
    logs = typed("logs", environment, target.id)
    say(console, *summary(detail.view, detail.findings, logs, now))
    say(console, *_more(detail, now))
    view = detail.view
    return view.status, {
        "environment": environment.name,
        "pipeline": target.pipeline,
        "execution": execution_document(view, now),
        "parameters": detail.parameters,
        "steps": step_documents(view, now),
        **findings_document(detail.findings),
    }


def _shown(aws: Aws, executions: Executions, pipeline: str) -> tuple[Glance, ...]:
    """The newest execution, and older ones that still run."""
    newest = list(islice(executions.newest(pipeline) or (), _NEWEST))
    return tuple(
        _glance(aws, pipeline, summary)
        for place, summary in enumerate(newest)
        if place == 0 or not Status(summary["PipelineExecutionStatus"]).is_finished()
    )


def _glance(aws: Aws, pipeline: str, summary: dict[str, Any]) -> Glance:
    arn = summary["PipelineExecutionArn"]
    found = aws.describe_execution(arn)  # a summary does not say when it ended
    status = Status(found["PipelineExecutionStatus"])
    finished = status.is_finished()
    running = () if finished else _running(aws, arn)
    ended = found["LastModifiedTime"] if finished else None
    return Glance(pipeline, arn, status, found["CreationTime"], ended, tuple(running))


def _running(aws: Aws, arn: str) -> Iterator[str]:
    for entry in aws.list_steps(arn):
        if not Status(entry["StepStatus"]).is_finished():
            yield entry["StepName"]


def _detail(endpoint: Endpoint, target: Target) -> Detail:
    executions = Executions(endpoint.aws)
    definition = executed_definition(endpoint.aws, target)
    view = Observer(endpoint.aws, definition, target.arn, Insight(endpoint.aws)).look()
    others = (
        summary
        for summary in executions.newest(target.pipeline) or ()
        if summary["PipelineExecutionArn"] != target.arn
    )
    return Detail(
        view,
        look_into(endpoint.aws, definition, view, endpoint.state),
        endpoint.aws.execution_parameters(target.arn),
        tuple(_glance(endpoint.aws, target.pipeline, each) for each in islice(others, _EARLIER)),
    )


def _more(detail: Detail, now: datetime) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if detail.parameters:
        given = "  ".join(
            f"{name}={shortened(detail.parameters[name])}" for name in sorted(detail.parameters)
        )
        lines += [Text(), Text.assemble(("Parameters  ", "bold"), given)]
    if detail.earlier:
        lines += [Text(), Text("Other executions", "bold"), _glances(detail.earlier, now)]
    return lines


def _overview_table(found: dict[str, tuple[Glance, ...]], now: datetime) -> Table:
    table = _grid(columns=6)
    for name, glances in found.items():
        if not glances:
            table.add_row(Text(" ·", "dim"), name, Text("never run", "dim"))
        for place, each in enumerate(glances):
            table.add_row(*_cells(each, now, "" if place else name))
    return table


def _glances(glances: Sequence[Glance], now: datetime) -> Table:
    table = _grid(columns=5)
    for each in glances:
        mark, _, *rest = _cells(each, now, "")
        table.add_row(mark, *rest)
    return table


def _grid(columns: int) -> Table:
    table = Table.grid(padding=(0, 2), pad_edge=False)
    for place in range(columns):
        table.add_column(no_wrap=place < columns - 1, overflow="ellipsis")
    return table


def _cells(each: Glance, now: datetime, name: str) -> tuple[Text, ...]:
    mark, style = MARKS[each.status]
    ago = f"{duration((now - each.started).total_seconds())} ago"
    running = f"  {', '.join(each.steps)}" if each.steps else ""
    took = "" if running else f"  took {duration(each.seconds(now))}"
    return (
        Text(f" {mark}", style),
        Text(name, "bold"),
        Text(str(each.status), style),
        Text(each.id),
        Text(ago, "dim"),
        Text(f"{running}{took}".strip()),
    )
