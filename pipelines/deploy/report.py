"""What the commands say: plans before, summaries after, on a terminal. Reads data, calls nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.deploy.difference import Change
from pipelines.deploy.display import heading, steps_table
from pipelines.deploy.execution import ExecutionView, Status
from pipelines.deploy.findings import Evaluation, Failure, Findings
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Instruction,
    Plan,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
    UploadInput,
)
from pipelines.deploy.text import count, number, shortened

_SHOWN_CHANGES = 20
_METRIC_ORDER = ("rmse", "mae", "mape", "r2")
_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def say(console: Console, *lines: RenderableType) -> None:
    """Print lines as they are: nothing in them is markup, and long ones are not broken."""
    for line in lines:
        if isinstance(line, Text | str):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
        elif console.is_terminal:
            console.print(line)
        else:
            _print_stripped(console, line)


def _print_stripped(console: Console, block: RenderableType) -> None:
    # Tables are padded to their width; in a log or a file that would be trailing spaces.
    with console.capture() as captured:
        console.print(block)
    for line in captured.get().splitlines():
        console.print(line.rstrip(), soft_wrap=True, highlight=False, markup=False)


# Plans


def plan_lines(plan: Plan) -> list[Text]:
    """The pipeline and what happens to it, then a line for each instruction and change."""
    style = "dim" if plan.action == "up to date" else "bold"
    lines = [Text.assemble((plan.name, "bold"), "  ", (plan.action, style))]
    for instruction in plan.instructions:
        sign, what, extra = _instruction(instruction)
        lines.append(Text.assemble((f"  {sign} ", _STYLES[sign]), what, (f"  {extra}", "dim")))
        if isinstance(instruction, UpdatePipeline):
            lines += [_change(change) for change in instruction.changes[:_SHOWN_CHANGES]]
            if (more := len(instruction.changes) - _SHOWN_CHANGES) > 0:
                lines.append(Text(f"      and {count(more, 'more change')}", "dim"))
    return lines


def _instruction(todo: Instruction) -> tuple[str, str, str]:
    if isinstance(todo, CreateBucket):
        return "+", "create bucket", todo.bucket
    if isinstance(todo, PublishAsset):
        return "+", f"publish {todo.path.name}", todo.uri
    if isinstance(todo, UploadInput):
        return "+", f"upload {todo.path.name}", todo.uri
    if isinstance(todo, CreatePipeline):
        return "+", f"create pipeline {todo.name}", todo.description
    if isinstance(todo, UpdatePipeline):
        return "~", f"update pipeline {todo.name}", count(len(todo.changes), "change")
    if isinstance(todo, TagPipeline):
        return "~", f"tag pipeline {todo.name}", ", ".join(f"{k}={v}" for k, v in todo.tags.items())
    return "+", f"write sample data, {count(todo.rows, 'row')}", todo.uri


def _change(change: Change) -> Text:
    sign = (f"      {change.sign} ", _STYLES[change.sign])
    if change.sign != "~":
        return Text.assemble(sign, change.path)
    values = f"{shortened(change.before)} → {shortened(change.after)}"
    return Text.assemble(sign, change.path, "  ", (values, "dim"))


def start_line(values: Mapping[str, str]) -> Text:
    """The instruction to start, with the parameters that differ from their defaults."""
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return Text.assemble(
        ("  > ", "cyan"), "start an execution", (f"  {given or 'all defaults'}", "dim")
    )


# Summaries


def summary(
    view: ExecutionView, findings: Findings, logs: str | None, now: datetime
) -> list[RenderableType]:
    """The execution in one screen: status, steps, metrics, model, logs, failures."""
    parts: list[RenderableType] = [heading(view, now), Text(view.arn, "dim"), Text()]
    parts.append(steps_table(view, now))
    if findings.evaluation:
        parts += [Text(), _metrics(findings.evaluation)]
    if facts := _facts(findings, logs):
        parts += [Text(), facts]
    if view.failure and not findings.failures:
        parts += [Text(), Text(view.failure, "red")]
    for failure in findings.failures:
        parts += [Text(), *_failure(failure)]
    if view.status in (Status.FAILED, Status.STOPPED):
        parts += [Text(), Text.assemble("Next  ", (next_command(view), "bold"))]
    return parts


def next_command(view: ExecutionView) -> str:
    """What to type after a failure."""
    if view.status is Status.STOPPED:
        return f"python -m pipelines.run {view.pipeline}"
    return f"python -m pipelines.upsert {view.pipeline} --start --wait"


def _metrics(evaluation: Evaluation) -> RenderableType:
    table = Table.grid(padding=(0, 3), pad_edge=False)
    table.add_column()
    names = sorted(evaluation.tuned, key=_metric_rank)
    columns = [("baseline", evaluation.baseline), ("tuned", evaluation.tuned)]
    shown = [(title, metrics) for title, metrics in columns if metrics]
    for _ in shown:
        table.add_column(justify="right")
    table.add_row(Text("Test metrics", "bold"), *(Text(title, "dim") for title, _ in shown))
    for name in names:
        table.add_row(f"  {name}", *(_value(metrics, name) for _, metrics in shown))
    if evaluation.improvement is None:
        return table
    better = "lower" if evaluation.improvement >= 0 else "higher"
    return Group(
        table,
        Text(f"  tuned rmse is {abs(evaluation.improvement):.1%} {better} than the baseline's"),
    )


def _metric_rank(name: str) -> tuple[int, str]:
    known = name in _METRIC_ORDER
    return (_METRIC_ORDER.index(name) if known else len(_METRIC_ORDER), name)


def _value(metrics: Mapping[str, Any], name: str) -> Text:
    metric = metrics.get(name)
    if metric is None:
        return Text("")
    spread = "" if metric.deviation is None else f" ± {number(metric.deviation)}"
    return Text.assemble(number(metric.value), (spread, "dim"))


def _facts(findings: Findings, logs: str | None) -> Table | None:
    rows = []
    if findings.hyperparameters:
        rows.append(("Best hyperparameters", _hyperparameters(findings.hyperparameters)))
    if findings.package:
        rows.append(("Model package", findings.package["arn"]))
        rows.append(("Approval", findings.package["approval"]))
    if logs:
        rows.append(("Logs", logs))
    if not rows:
        return None
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name, "bold"), Text(value))
    return table


def _hyperparameters(values: Mapping[str, str]) -> str:
    return "  ".join(f"{name} {_readable(values[name])}" for name in sorted(values))


def _readable(value: str) -> str:
    try:
        return value if value.lstrip("-").isdigit() else number(float(value))
    except ValueError:
        return value


def _failure(failure: Failure) -> Sequence[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble((f"{failure.step} failed", "bold red"), f"  {failure.reason.strip()}")
    ]
    lines += [Padding(Text(line, "dim"), (0, 0, 0, 2)) for line in failure.last_lines]
    if failure.log:
        lines.append(Text.assemble("  log: ", failure.log))
    return lines
