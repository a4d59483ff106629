"""The work behind `compare`: read two executions, show them side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from params.environment import Environment
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import UsageError
from pipelines.deploy.executions.comparison import Comparison, Ran, Row, Value, compare
from pipelines.deploy.executions.named import Target, executed_definition, find
from pipelines.deploy.output import say
from pipelines.deploy.text import count, duration, number, shortened
from pipelines.deploy.watching.display import MARKS, utc_now
from pipelines.deploy.watching.documents import execution_document
from pipelines.deploy.watching.findings import find as look_into
from pipelines.deploy.watching.progress import Observer

_LONGEST_VALUE = 30


def show_comparison(
    environment: Environment, names: tuple[str, str], console: Console
) -> dict[str, Any]:
    """Show the two; the document for `--json`. Raises DeployError."""
    with open_endpoint(environment) as endpoint:
        executions = Executions(endpoint.aws)
        targets = [find(executions, environment, name) for name in names]
        if targets[0] == targets[1]:
            raise UsageError(f"both are {targets[0].arn}; give two executions")
        left, right = (_ran(endpoint, executions, target) for target in targets)
        say(console, f"{environment.name}: {endpoint.label}", "")
    found = compare(left, right)
    say(console, _table((left, right), found))
    same = sum(not row.differs for row in found.parameters)
    if same:
        say(console, "", f"{count(same, 'parameter')} {'is' if same == 1 else 'are'} the same.")
    now = utc_now()
    return {
        "environment": environment.name,
        "executions": [
            {"pipeline": each.view.pipeline, **execution_document(each.view, now)}
            for each in (left, right)
        ],
        **{title: _documents(rows) for title, rows in vars(found).items()},
    }


def _ran(endpoint: Endpoint, executions: Executions, target: Target) -> Ran:
    definition = executed_definition(endpoint.aws, target)
    view = Observer(endpoint.aws, definition, target.arn).look()
    findings = look_into(endpoint.aws, definition, view, endpoint.state)
    return Ran(view, definition, endpoint.aws.execution_parameters(target.arn), findings)


def _documents(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{"name": row.name, "values": list(row.values), "better": row.better} for row in rows]


def _table(rans: tuple[Ran, Ran], found: Comparison) -> RenderableType:
    table = Table.grid(padding=(0, 3), pad_edge=False)
    table.add_column(overflow="fold")
    for _ in rans:
        table.add_column(justify="right", overflow="fold")
    table.add_row("", *(Text(each.view.arn.rpartition("/")[2], "bold") for each in rans))
    table.add_row("pipeline", *(each.view.pipeline for each in rans))
    table.add_row("status", *(_status(each) for each in rans))
    table.add_row("started", *(f"{each.view.started:%Y-%m-%d %H:%M:%S}" for each in rans))
    _section(table, "Parameters", [row for row in found.parameters if row.differs], _text)
    _section(table, "Metrics", found.metrics, _text)
    _section(table, "Best trials", found.winners, _setting)
    _section(table, "Durations", found.durations, _seconds)
    return table


def _section(table: Table, title: str, rows: Sequence[Row], text: Callable[[Value], str]) -> None:
    if not rows:
        return
    table.add_row()
    table.add_row(Text(title, "bold"))
    for row in rows:
        cells = [
            Text(text(value), "green" if row.better == place else "")
            for place, value in enumerate(row.values)
        ]
        if row.better is not None:  # a colour alone says nothing in a log
            cells[row.better] = Text.assemble(("* ", "green"), cells[row.better])
        table.add_row(f"  {row.name}", *cells)


def _status(ran: Ran) -> Text:
    mark, style = MARKS[ran.view.status]
    return Text(f"{mark} {ran.view.status}", style)


def _text(value: Value) -> str:
    if isinstance(value, float):
        return number(value)
    return "-" if value is None else shortened(value, _LONGEST_VALUE)


def _setting(value: Value) -> str:
    """A hyperparameter: a number where it is one, in as many digits as matter."""
    text = _text(value)
    try:
        return text if text.lstrip("-").isdigit() else number(float(text))
    except ValueError:
        return text


def _seconds(value: Value) -> str:
    return duration(value) if isinstance(value, float) else "-"
