"""Selective execution: which steps may run by themselves, from which past execution, with which parameters. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.definition.check import near
from pipelines.definition.document import Definition
from pipelines.definition.graph import upstream
from pipelines.deploy.errors import UsageError, listed
from pipelines.deploy.watching.execution import Status

# What StartPipelineExecution takes.
_MOST_STEPS = 50
SOURCES = (Status.SUCCEEDED, Status.FAILED)


@dataclass(frozen=True)
class Parameters:
    """Values to start with; `dropped` are the source's that the deployed definition does not know."""

    values: Mapping[str, str]
    dropped: tuple[str, ...] = ()


def check_selection(definition: Definition, selected: Sequence[str]) -> tuple[str, ...]:
    """The steps whose results the selected ones need, sorted. Raises UsageError for steps that cannot run so."""
    names = [step.name for step in definition.steps]
    unknown = [name for name in selected if name not in names]
    if unknown:
        raise UsageError(
            listed("--only", [f"there is no step '{name}'{near(name, names)}" for name in unknown])
        )
    if len(selected) > _MOST_STEPS:
        raise UsageError(
            f"--only: {len(selected)} steps are too many; {_MOST_STEPS} can be selected"
        )
    waits = upstream(definition)
    if between := _between(selected, waits):
        raise UsageError(
            f"--only: {_quoted(selected)} are connected through {_quoted(between)}; select "
            f"{'these' if len(between) > 1 else 'this'} too"
        )
    if apart := _apart(selected, waits):
        raise UsageError(
            f"--only: {_quoted(apart)} and {_quoted(set(selected) - apart)} do not depend on each other, "
            "and selected steps must be connected; run them one after the other"
        )
    return tuple(sorted(_needed(definition, selected, waits)))


def unmet(needed: Collection[str], entries: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Those of the needed steps that did not succeed in an execution with these step entries."""
    succeeded = {each["StepName"] for each in entries if each["StepStatus"] == Status.SUCCEEDED}
    return tuple(sorted(set(needed) - succeeded))


def parameters(
    source: Definition,
    given: Mapping[str, str],
    deployed: Definition,
    overrides: Mapping[str, str],
) -> Parameters:
    """What the source ran with, and the overrides.

    The service inherits nothing. Where a default was changed since, the one that the source saw is given.
    """
    known = {each.name: each.default for each in deployed.parameters}
    values = {
        each.name: _text(each.default)
        for each in source.parameters
        if each.name in known and each.default is not None and each.default != known[each.name]
    }
    values |= {name: value for name, value in given.items() if name in known}
    dropped = tuple(sorted(name for name in given if name not in known))
    return Parameters({**values, **overrides}, dropped)


def _needed(
    definition: Definition, selected: Sequence[str], waits: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    for name in set(selected):
        branch = definition.step(name).branch
        for dependency in waits[name] - set(selected):
            # A selected step of a branch runs whatever the condition said.
            if branch is None or branch.condition != dependency:
                yield dependency


def _between(selected: Collection[str], waits: Mapping[str, frozenset[str]]) -> set[str]:
    after: dict[str, set[str]] = {name: set() for name in waits}
    for name, dependencies in waits.items():
        for dependency in dependencies:
            after[dependency].add(name)
    before = _reached(selected, waits)
    return (before & _reached(selected, after)) - set(selected)


def _apart(selected: Sequence[str], waits: Mapping[str, frozenset[str]]) -> set[str]:
    """The selected steps connected with the first one, if those are not all."""
    beside = {
        name: {other for other in selected if other in waits[name] or name in waits[other]}
        for name in selected
    }
    connected = _reached(selected[:1], beside) | set(selected[:1])
    return connected if connected != set(selected) else set()


def _reached(names: Collection[str], edges: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        new = set(edges[todo.pop()]) - found
        found |= new
        todo += new
    return found


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _text(value: object) -> str:
    """A default the way a start writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
