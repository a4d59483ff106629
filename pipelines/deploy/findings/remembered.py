"""Findings under everything that they depend on: what is validated again unchanged needs no rule to be imported."""

from __future__ import annotations

import hashlib
import json

from pipelines.deploy import synth_cache
from pipelines.rules._base import Finding, Severity


def validated(text: str, name: str, region: str | None, *, use: bool = True) -> tuple[Finding, ...]:
    """What the engine's `validate` says; not `use`: looked for anew, and remembered."""
    entry = _entry(text, name, region)
    if use and (found := synth_cache.load(entry)) is not None:
        try:
            return tuple(_finding(*each) for each in found)
        except (TypeError, ValueError):
            pass  # damaged: validating again mends it
    # Not at the top: the rules and their facts take a tenth of a second.
    from pipelines.rules._engine import validate

    findings = validate(text, name=name, region=region)
    try:
        synth_cache.store(entry, [list(vars(each).values()) for each in findings])
    except OSError:
        return findings  # a folder that cannot be written has been said by whoever composes; a file needs none
    return findings


def _finding(code: str, severity: str, pointer: str, message: str, step: str | None) -> Finding:
    return Finding(code, Severity(severity), pointer, message, step)


def _entry(text: str, name: str, region: str | None) -> str:
    known = [text, name, region, synth_cache.installed(), synth_cache.sources("pipelines")]
    return f"findings-{hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()}"
