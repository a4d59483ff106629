"""The graph of a definition: which step waits for which.

Edges come from references in a step's request, from DependsOn, and from a condition to every step of its branches.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.document import BRANCHES, Definition, StepDefinition
from pipelines.definition.expressions import StepReference, escape, references


class CycleError(ValueError):
    """Steps wait for each other; `steps` names them in order, the first again at the end."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        self.steps = steps
        super().__init__(f"Cycle detected in pipeline step graph: {' -> '.join(steps)}.")


def own_parts(step: StepDefinition) -> Iterator[tuple[str, Any]]:
    """What belongs to the step itself, with its JSON pointer: a condition's branches hold other steps."""
    for key, value in step.arguments.items():
        if not (step.type == "Condition" and key in BRANCHES):
            yield f"{step.pointer}/Arguments/{escape(key)}", value
    for key, value in (step.extras or {}).items():
        yield f"{step.pointer}/{escape(key)}", value


def referenced_steps(step: StepDefinition) -> Iterator[tuple[str, StepReference]]:
    """Every step that `step` takes a value from, with the JSON pointer of the reference."""
    for pointer, part in own_parts(step):
        for where, reference in references(part, pointer):
            if isinstance(reference, StepReference):
                yield where, reference


def upstream(definition: Definition) -> Mapping[str, frozenset[str]]:
    """Step name -> the existing steps it waits for directly."""
    names = {step.name for step in definition.steps}
    return {step.name: frozenset(_waits_for(step)) & names for step in definition.steps}


def order(definition: Definition) -> tuple[str, ...]:
    """Step names, each after all it waits for; steps without an order stand by name. Raises CycleError."""
    sorter = graphlib.TopologicalSorter(
        {name: sorted(waits) for name, waits in sorted(upstream(definition).items())}
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise CycleError(tuple(error.args[1])) from error
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return tuple(ordered)


def _waits_for(step: StepDefinition) -> Iterator[str]:
    yield from (dependency.step for dependency in step.depends_on)
    yield from (reference.step for _, reference in referenced_steps(step))
    if step.branch:
        yield step.branch.condition
