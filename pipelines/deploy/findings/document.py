"""Findings as one JSON document: stable, with a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.deploy.findings.checked import Checked
from pipelines.rules._base import Finding

VERSION = 1


def document(results: Sequence[Checked]) -> dict[str, Any]:
    """`{"version": 1, "definitions": [{"name", "origin", "findings": [...], "disabled": [...]}]}`."""
    return {
        "version": VERSION,
        "definitions": [
            {
                "name": result.source.name,
                "origin": result.source.origin,
                "findings": [_finding(result, each) for each in result.findings],
                "disabled": [_finding(result, each) for each in result.disabled],
            }
            for result in results
        ],
    }


def _finding(result: Checked, finding: Finding) -> dict[str, Any]:
    place = result.place(finding)
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "pointer": finding.pointer,
        "step": finding.step,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "message": finding.message,
    }
