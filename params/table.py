"""Checks one table of an environment's TOML against the dataclass that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from pipelines.definition.check import near


def table_problems(
    name: str, table: dict[str, object], kind: type, problem_of: Callable[[str, object], str | None]
) -> Iterator[str]:
    """Unknown and missing keys, and what `problem_of(key, value)` says is wrong with a value."""
    known = [each.name for each in fields(kind)]
    for key in table.keys() - set(known):
        yield f"unknown setting '{name}.{key}'{near(key, known)}"
    for key in known:
        if key not in table:
            yield f"'{name}.{key}' is missing"
        elif problem := problem_of(key, table[key]):
            yield f"'{name}.{key}' {problem}"
