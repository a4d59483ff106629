"""Which steps the next execution would run again, and why; which it would be served from earlier executions. Pure.

The forecast is for an execution with all parameters at their defaults. It looks at the latest executions only, so a
step may be served from an older one although it is said to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pipelines.definition.caching import KEY_ATTRIBUTES, compared, duration
from pipelines.definition.difference import Change, value_differences
from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.graph import order
from pipelines.deploy.planning.resolving import (
    Scope,
    Unknown,
    default_values,
    resolve,
    scope_of,
    unknowns,
)
from pipelines.deploy.readable import named, readable

NOTHING_RAN = "nothing has run yet"
_SHOWN_REASONS = 2
_SHOWN_VALUE = 24


class Outcome(StrEnum):
    """What becomes of a step: `uncached` ones run every time, by their type or because caching is off."""

    SERVED = "served"
    RUNS = "runs"
    UNCACHED = "uncached"


@dataclass(frozen=True)
class PastStep:
    """A success: `source` is the ARN of the execution that did the work, `ended` when (None: not known)."""

    source: str
    ended: float | None = None


@dataclass(frozen=True)
class PastRun:
    """An earlier execution: what it ran, with which values, and its steps that succeeded."""

    execution: str
    definition: Definition
    values: Mapping[str, Any]
    steps: Mapping[str, PastStep]


@dataclass(frozen=True)
class Forecast:
    """`reason` says why a step runs; `source` which execution a served result comes from."""

    step: str
    outcome: Outcome
    reason: str = ""
    source: str | None = None


def forecast(definition: Definition, runs: Sequence[PastRun], now: float) -> tuple[Forecast, ...]:
    """Foretell every step in the order they can start; `runs` are the newest first, `now` is epoch seconds.

    Raises CycleError.
    """
    teller = _Teller(definition, runs, now)
    steps = {step.name: step for step in definition.steps}
    for name in order(definition):
        teller.tell(steps[name])
    return tuple(teller.told.values())


def lost(before: Sequence[Forecast], after: Sequence[Forecast]) -> tuple[Forecast, ...]:
    """The steps that what is deployed would be served, and that run again after the change."""
    served = {each.step for each in before if each.outcome is Outcome.SERVED}
    return tuple(
        each for each in after if each.step in served and each.outcome is not Outcome.SERVED
    )


@dataclass
class _Teller:
    definition: Definition
    runs: Sequence[PastRun]
    now: float
    told: dict[str, Forecast] = field(default_factory=dict)
    sources: dict[str, str | None] = field(default_factory=dict)
    served: dict[str, tuple[Mapping[str, Any], Scope]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        scope = scope_of(self.definition, default_values(self.definition), self.sources)
        self.scope = replace(scope, served=self.served)
        self.past = [(run, _scope(run), _by_name(run)) for run in self.runs]

    def tell(self, step: StepDefinition) -> None:
        found = self._uncached(step) or self._cached(step)
        self.told[step.name] = found
        self.sources[step.name] = found.source

    def _uncached(self, step: StepDefinition) -> Forecast | None:
        if step.type not in KEY_ATTRIBUTES:
            return Forecast(step.name, Outcome.UNCACHED, f"{step.type} steps have no cache")
        if not (isinstance(step.cache, Mapping) and step.cache.get("Enabled") is True):
            return Forecast(step.name, Outcome.UNCACHED, "caching is off")
        return None

    def _cached(self, step: StepDefinition) -> Forecast:
        key = resolve(compared(step.type, step.arguments), self.scope)
        nearest: str | None = None
        for run, scope, steps in self.past:
            success, before = run.steps.get(step.name), steps.get(step.name)
            if success is None or before is None or before.type != step.type:
                continue
            old = resolve(compared(before.type, before.arguments), scope)
            expired = self._expired(step, success)
            if old == key and not expired:
                self.served[step.name] = (before.arguments, scope)
                return Forecast(step.name, Outcome.SERVED, source=success.source)
            nearest = nearest or (expired if old == key else self._why(old, key))
        return Forecast(step.name, Outcome.RUNS, nearest or self._never_served(step))

    def _never_served(self, step: StepDefinition) -> str:
        if not self.runs:
            return NOTHING_RAN
        if not any(step.name in steps for _, _, steps in self.past):
            return "the latest executions have no step of this name"
        return "did not succeed in the latest executions"

    def _expired(self, step: StepDefinition, success: PastStep) -> str | None:
        limit = (step.cache or {}).get("ExpireAfter")
        if not limit or success.ended is None:
            return None
        try:
            expired = self.now - success.ended > duration(str(limit))
        except ValueError as error:
            return str(error)
        return f"the latest success is older than {limit}" if expired else None

    def _why(self, old: Any, key: Any) -> str:
        own: list[str] = []
        upstream: list[str] = []
        for change in value_differences(old, key):
            now_unknown = [each for each in unknowns(change.after) if each.source is None]
            upstream += [each.step for each in now_unknown if each.step]
            path = named(change.path, change.kind)
            own += [_at_start(path, each) for each in now_unknown if not each.step]
            if not now_unknown:
                own.append(_changed(change))
        if own:
            # What comes from a step that runs again is no news beside what was changed here.
            return _listed(own)
        if upstream:
            return f"takes results of {_listed(upstream)}"
        return "the order of a list in its request"


def _listed(found: list[str]) -> str:
    names = list(dict.fromkeys(found))
    more = f" and {len(names) - _SHOWN_REASONS} more" if len(names) > _SHOWN_REASONS else ""
    return ", ".join(names[:_SHOWN_REASONS]) + more


def _changed(change: Change) -> str:
    if change.kind == "asset":
        return f"script {str(change.after).rpartition('/')[2]}"
    path = named(change.path, change.kind)
    if change.sign != "~":
        return f"{path} is {'new' if change.sign == '+' else 'gone'}"
    values = (change.before, change.after)
    if any(isinstance(value, Mapping | list | Unknown) for value in values):
        return path
    before, after = (readable(value, _SHOWN_VALUE) for value in values)
    return f"{path} ({before} → {after})"


def _at_start(path: str, unknown: Unknown) -> str:
    if unknown.what.startswith("parameter "):
        return f"{path} is decided at start, by {unknown.what}"
    return f"{path} has {unknown.what}, new in every execution"


def _scope(run: PastRun) -> Scope:
    sources = {name: step.source for name, step in run.steps.items()}
    values = default_values(run.definition) | dict(run.values)
    return scope_of(run.definition, values, sources, run.execution)


def _by_name(run: PastRun) -> dict[str, StepDefinition]:
    return {step.name: step for step in run.definition.steps}
