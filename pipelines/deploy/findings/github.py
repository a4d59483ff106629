"""Findings as workflow commands: GitHub shows them beside the changed lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.deploy.findings.checked import Checked
from pipelines.rules._base import Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(results: Sequence[Checked]) -> Iterator[str]:
    """A line for each finding."""
    for result in results:
        for finding in result.findings:
            yield _annotation(result, finding)


def _annotation(result: Checked, finding: Finding) -> str:
    place = result.place(finding)
    members = {
        "file": place.file if place else None,
        "line": str(place.line) if place else None,
        "title": f"{finding.code} {result.source.name} {finding.pointer or '/'}",
    }
    given = ",".join(f"{key}={_member(value)}" for key, value in members.items() if value)
    return f"::{_COMMANDS[finding.severity]} {given}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _member(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
