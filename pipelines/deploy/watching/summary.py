"""What the commands say about a finished execution, on one screen. Reads data, calls nobody."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.deploy.text import harmless, number
from pipelines.deploy.watching.display import heading, steps_table
from pipelines.deploy.watching.execution import ExecutionView, Status
from pipelines.deploy.watching.findings import Evaluation, Failure, Findings

_METRIC_ORDER = ("rmse", "mae", "mape", "r2")


def summary(
    view: ExecutionView, findings: Findings, logs: str | None, now: datetime
) -> list[RenderableType]:
    """The execution in one screen: status, steps, metrics, model, logs, failures."""
    parts: list[RenderableType] = [heading(view, now), Text(view.arn, "dim"), Text()]
    parts.append(steps_table(view, now))
    if findings.evaluation:
        parts += [Text(), _metrics(findings.evaluation)]
    if facts := _facts(findings, logs):
        parts += [Text(), *facts]
    if view.failure and not findings.failures:
        parts += [Text(), Text(view.failure, "red")]
    for failure in findings.failures:
        parts += [Text(), *_failure(failure)]
    parts += [Text(f"Not read: {note}", "yellow") for note in findings.unread]
    return parts


def again_line(view: ExecutionView, typed: str, command: str = "") -> Text | None:
    """What to type after a failure: `command`, or a start of everything with the options of the first one.

    None when nothing is to be done again.
    """
    if view.status not in (Status.STOPPED, Status.FAILED):
        return None
    if not command:
        # After a failure something has to be changed, and so deployed.
        stopped = view.status is Status.STOPPED
        verb = f"run {view.pipeline}" if stopped else f"upsert {view.pipeline} --start --wait"
        command = f"python -m pipelines.{verb} {typed}".rstrip()
    return Text.assemble("To try again:  ", (command, "bold"))


def reading_lines(view: ExecutionView, findings: Findings, where: str) -> list[Text]:
    """What to type to read more about each failure, and to try the same execution once more."""
    name = view.arn.rpartition("/")[2]
    lines = [
        Text.assemble("To read its log:  ", (_command("logs", name, failure.step, where), "bold"))
        for failure in findings.failures
        if failure.log
    ]
    ended = any(step.type == "Fail" and step.status is Status.FAILED for step in view.steps)
    if view.status in (Status.FAILED, Status.STOPPED) and not ended:
        command = _command("retry", name, where)
        lines.append(Text.assemble("To continue it:  ", (command, "bold")))
    return lines


def _command(command: str, *words: str) -> str:
    return " ".join(["python -m", f"pipelines.{command}", *filter(None, words)])


def studio_line(state: Path) -> Text:
    """What to type to see the executions of a state directory in a browser."""
    place = "" if state == Path(".sagemaker") else f" --data {shlex.quote(str(state))}"
    return Text.assemble("In a browser:  ", (f"python -m runtime studio{place}", "bold"))


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


def _facts(findings: Findings, logs: str | None) -> list[Text]:
    rows = []
    if findings.hyperparameters:
        rows.append(("Best hyperparameters", _hyperparameters(findings.hyperparameters)))
    if findings.package:
        rows.append(("Model package", findings.package["arn"]))
        rows.append(("Approval", findings.package["approval"]))
    if logs:
        rows.append(("Logs", logs))
    # Plain lines, no table: an ARN broken by a cell cannot be copied.
    width = max((len(name) for name, _ in rows), default=0)
    return [Text.assemble((f"{name:<{width}}", "bold"), "  ", value) for name, value in rows]


def _hyperparameters(values: Mapping[str, str]) -> str:
    return "  ".join(f"{name} {_readable(values[name])}" for name in sorted(values))


def _readable(value: str) -> str:
    try:
        return value if value.lstrip("-").isdigit() else number(float(value))
    except ValueError:
        return value


def _failure(failure: Failure) -> Sequence[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{failure.step} failed", "bold red"), f"  {harmless(failure.reason.strip())}"
        )
    ]
    lines += [Text(f"  {harmless(line)}", "dim") for line in failure.last_lines]
    if failure.log:
        lines.append(Text.assemble("  log: ", failure.log))
    return lines
