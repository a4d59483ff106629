"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.deploy.findings.checked import Checked
from pipelines.rules._base import Finding, Rule, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(results: Sequence[Checked]) -> dict[str, Any]:
    """One run; disabled findings are results that are suppressed."""
    from pipelines.rules._engine import all_rules  # not at the top: only this report lists them

    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pipelines.validate",
                        "rules": [_rule(rule) for rule in all_rules()],
                    }
                },
                "results": [
                    *(_result(each, finding) for each in results for finding in each.findings),
                    *(
                        _result(each, finding) | {"suppressions": [{"kind": "external"}]}
                        for each in results
                        for finding in each.disabled
                    ),
                ],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(checked: Checked, finding: Finding) -> dict[str, Any]:
    place = checked.place(finding)
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": finding.step or checked.source.name,
                "fullyQualifiedName": f"{checked.source.name}{finding.pointer}",
            }
        ]
    }
    if place:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": place.file},
            "region": {"startLine": place.line},
        }
    return {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
    }
