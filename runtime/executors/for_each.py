"""ForEach: the steps of its body, once for every item.

Chosen where the service is silent: the steps of one iteration run one after the other, so that at most MaxConcurrency
child steps run; an iteration that fails does not end the others; what waited for a failed child does not start.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.definition.graph import body_waits, sort_steps
from runtime.executors._base import (
    ChildStep,
    Document,
    StepContext,
    StepExecutor,
    StepFailed,
    StepOutcome,
    StepStopped,
)
from runtime.expressions import Unresolved, resolve, text
from runtime.state import StepStatus

# What a listing shows of an item.
_LONGEST_ITEM = 12_800


@dataclass
class _Iteration:
    """One item's run: how each child ended, and what those that succeeded gave."""

    index: int
    item: Any
    statuses: dict[str, StepStatus] = field(default_factory=dict)
    outputs: dict[str, Document] = field(default_factory=dict)


class ForEachExecutor(StepExecutor):
    step_type = "ForEach"

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        iterations = [_Iteration(i, item) for i, item in enumerate(_items(step, context))]
        loop = _Loop(step, context)
        context.stop.on_request(loop.stop)
        with ThreadPoolExecutor(step.arguments["MaxConcurrency"], f"step-{step.name}") as pool:
            list(pool.map(loop.run, iterations))
        properties = _counts(step, iterations)
        shown: Document = {"ForEach": properties.copy()}
        if context.stop.requested:
            raise StepStopped(_ended(shown, "Stopped"))
        if properties["SucceededStepCount"] < properties["TotalStepCount"]:
            raise StepFailed(_reason(iterations), metadata=_ended(shown, "Failed"))
        shown = _ended(shown, "Succeeded")
        properties["Status"] = "Succeeded"
        properties["IterationOutputs"] = [iteration.outputs for iteration in iterations]
        chosen = _select(step, context, iterations)
        if chosen:
            name, index = chosen
            shown["ForEach"]["Selector"] = {"StepName": name, "Index": index}
            properties["Selected"] = iterations[index].outputs[name]
        return StepOutcome(properties, shown)


class _Loop:
    """Runs iterations until it is stopped."""

    def __init__(self, step: StepDefinition, context: StepContext) -> None:
        self._context = context
        self._waits = body_waits(step)
        body = {inner.name: inner for inner in step.body}
        self._body = [body[name] for name in sort_steps(self._waits)]
        self._parent = step.name
        self._lock = threading.Lock()
        self._running: set[ChildStep] = set()

    def stop(self) -> None:
        with self._lock:
            running = list(self._running)
        for child in running:
            child.stop.request()

    def run(self, iteration: _Iteration) -> None:
        for step in self._body:
            ready = all(
                iteration.statuses.get(other) is StepStatus.SUCCEEDED
                for other in self._waits[step.name]
            )
            if ready and not self._context.stop.requested:
                self._run_child(step, iteration)

    def _run_child(self, step: StepDefinition, iteration: _Iteration) -> None:
        scope = replace(
            self._context.scope,
            properties={**self._context.scope.properties, **iteration.outputs},
            loop={"ForEach": {"CurrentItem": _plain(iteration.item)}},
        )
        shown = {
            "ParentStepName": self._parent,
            "Index": iteration.index,
            "Item": text(iteration.item)[:_LONGEST_ITEM],
        }
        child = self._context.child(
            replace(step, name=f"{step.name}-{iteration.index}"), scope, shown
        )
        with self._lock:
            self._running.add(child)
        if self._context.stop.requested:
            child.stop.request()
        iteration.statuses[step.name] = status = child.run_as_child()
        if status is StepStatus.SUCCEEDED:
            iteration.outputs[step.name] = child.properties
        with self._lock:
            self._running.discard(child)


def _items(step: StepDefinition, context: StepContext) -> list[Any]:
    value = context.resolve(step.arguments["IterableItems"])
    try:
        items = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        items = None
    if not isinstance(items, list):
        raise StepFailed(
            f"ClientError: IterableItems must be a list, or the text of a JSON list, but is {text(value)[:200]!r}"
        )
    return items


def _counts(step: StepDefinition, iterations: list[_Iteration]) -> Document:
    ends = Counter(status for iteration in iterations for status in iteration.statuses.values())
    return {
        "InputItemCount": len(iterations),
        "TotalStepCount": len(iterations) * len(step.body),
        "SucceededStepCount": ends[StepStatus.SUCCEEDED],
        "FailedStepCount": ends[StepStatus.FAILED],
        "StoppedStepCount": ends[StepStatus.STOPPED],
    }


def _ended(shown: Document, status: str) -> Document:
    return {"ForEach": {**shown["ForEach"], "Status": status}}


def _reason(iterations: list[_Iteration]) -> str:
    failed = [
        f"{name}-{iteration.index}"
        for iteration in iterations
        for name, status in iteration.statuses.items()
        if status is not StepStatus.SUCCEEDED
    ]
    return f"ClientError: One or multiple child steps failed: {', '.join(failed)}."


def _select(
    step: StepDefinition, context: StepContext, iterations: list[_Iteration]
) -> tuple[str, int] | None:
    """The body step whose field decides, and the iteration that wins; the first of equals."""
    selector = step.arguments.get("Selector")
    if not selector or not iterations:
        return None
    name = next(
        inner.name
        for inner in step.body
        if selector["Field"]["Get"].startswith(
            (f"IterationOutput.{inner.name}.", f"IterationOutput.{inner.name}[")
        )
    )
    values = [_field(selector["Field"], iteration, context) for iteration in iterations]
    best = max if selector["Pick"] == "MaxBy" else min
    return name, values.index(best(values))


def _field(field: Mapping[str, Any], iteration: _Iteration, context: StepContext) -> float:
    scope = replace(context.scope, loop={"IterationOutput": iteration.outputs})
    try:
        value = resolve(field, scope)
        return float(value)
    except (Unresolved, TypeError, ValueError) as error:
        raise StepFailed(
            f"ClientError: Selector.Field has no number in iteration {iteration.index}: {error}"
        ) from error


def _plain(item: Any) -> Any:
    """Where an item itself is asked for, an object or list of a JSON text is given as its text."""
    return text(item) if isinstance(item, dict | list) else item
