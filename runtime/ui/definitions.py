"""What differs between two definitions: by parameter and step name, not by place. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import BODY, BRANCHES, canonical

_CONTEXT = 2
_NESTED = (*BRANCHES, BODY)


@dataclass(frozen=True)
class Change:
    """`what` is Step, Parameter or Definition; `lines` are those of a unified diff, each with its kind: add, del, at, same."""

    what: str
    name: str
    how: str
    lines: tuple[tuple[str, str], ...]


def changes(before: str, after: str) -> list[Change]:
    """What has to be done to the definition `before` to get `after`; empty when both mean the same."""
    old, new = dict(_parts(before)), dict(_parts(after))
    names = [*new, *(key for key in old if key not in new)]
    found = (
        _change(what, name, old.get((what, name)), new.get((what, name))) for what, name in names
    )
    return [change for change in found if change is not None]


def _parts(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """(what, name) -> canonical text. A nested step is a part of its own; its parent has only its name."""
    document: Mapping[str, Any] = json.loads(text)
    for key, value in document.items():
        if key == "Parameters":
            for parameter in value or ():
                yield ("Parameter", parameter["Name"]), canonical(parameter)
        elif key == "Steps":
            yield from _steps(value)
        else:
            yield ("Definition", key), canonical(value)


def _steps(steps: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, str], str]]:
    for step in steps:
        arguments = dict(step.get("Arguments") or {})
        nested = {key: arguments[key] for key in _NESTED if arguments.get(key)}
        named = {key: [inner["Name"] for inner in value] for key, value in nested.items()}
        own = {**step, "Arguments": {**arguments, **named}}
        yield ("Step", step["Name"]), canonical(own)
        for inner in nested.values():
            yield from _steps(inner)


def _change(what: str, name: str, old: str | None, new: str | None) -> Change | None:
    if old == new:
        return None
    how = "added" if old is None else "removed" if new is None else "changed"
    lines = difflib.unified_diff(
        (old or "").splitlines(), (new or "").splitlines(), lineterm="", n=_CONTEXT
    )
    kinds = {"+": "add", "-": "del", "@": "at"}
    shown = [(kinds.get(line[:1], "same"), line) for line in list(lines)[2:]]
    return Change(what, name, how, tuple((k, "⋯" if k == "at" else line) for k, line in shown))
