"""What the doctor found: a table for people, a document for `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from pipelines.deploy.doctor._base import Status
from pipelines.deploy.doctor._examine import Finding
from pipelines.deploy.text import count

_STYLES = {
    Status.OK: "green",
    Status.SKIPPED: "dim",
    Status.WARNING: "yellow",
    Status.FAILED: "bold red",
}
# Lines of one finding in the table; --json has all.
_SHOWN_LINES = 12


def table(findings: Sequence[Finding]) -> Table:
    """A row for each check; what to do stands below what was found."""
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    rows.add_column("check", no_wrap=True)
    rows.add_column("", no_wrap=True)
    rows.add_column("found", overflow="fold")
    for each in findings:
        status = Text(each.result.status, _STYLES[each.result.status])
        rows.add_row(Text(each.check), status, _words(each))
    return rows


def summary(findings: Sequence[Finding]) -> str:
    """How it ended, in one line."""
    counts = Counter(each.result.status for each in findings)
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]]
    return f"{count(len(findings), 'check')}: {', '.join(parts)}"


def document(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings for `--json`."""
    return [
        {
            "check": each.check,
            "status": str(each.result.status),
            "found": each.result.found,
            "todo": each.result.todo,
        }
        for each in findings
    ]


def _words(finding: Finding) -> Text:
    result = finding.result
    quiet = "dim" if result.status is Status.SKIPPED else ""
    lines = [Text(line, quiet) for line in _first(result.found.splitlines())]
    lines += [Text(f"→ {line}", "cyan") for line in _first(result.todo.splitlines())]
    return Text("\n").join(lines)


def _first(lines: list[str]) -> list[str]:
    if len(lines) <= _SHOWN_LINES:
        return lines
    return [
        *lines[:_SHOWN_LINES],
        f"and {count(len(lines) - _SHOWN_LINES, 'more line')}: see --json",
    ]
