"""The graph of a definition: which step waits for which.

Edges come from references in a step's request, from DependsOn, and from a condition to every step of its branches.
A ForEach waits for whatever the steps of its body need, except each other.
"""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterator, Mapping

from pipelines.definition.document import Definition, Dependency, StepDefinition
from pipelines.definition.expressions import StepReference, references


class CycleError(ValueError):
    """Steps wait for each other; `steps` names them in order, the first again at the end."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        self.steps = steps
        super().__init__(f"Cycle detected in pipeline step graph: {' -> '.join(steps)}.")


def referenced_steps(step: StepDefinition) -> Iterator[tuple[str, StepReference]]:
    """Every step that `step` or its body takes a value from, with the JSON pointer of the reference."""
    siblings = {inner.name for inner in step.body}
    for one in (step, *step.body):
        for where, reference in references(one.expressions):
            if isinstance(reference, StepReference) and reference.step not in siblings:
                yield where, reference


def named_steps(step: StepDefinition) -> Iterator[tuple[str, Dependency]]:
    """Every step that `step` or its body names in DependsOn, with the JSON pointer of the entry."""
    siblings = {inner.name for inner in step.body}
    for one in (step, *step.body):
        for index, dependency in enumerate(one.depends_on):
            if one is step or dependency.step not in siblings:
                yield f"{one.pointer}/DependsOn/{index}", dependency


def upstream(definition: Definition) -> Mapping[str, frozenset[str]]:
    """Step name -> the existing steps it waits for directly."""
    names = {step.name for step in definition.steps}
    return {step.name: frozenset(_waits_for(step)) & names for step in definition.steps}


def body_waits(step: StepDefinition) -> dict[str, list[str]]:
    """Step of a ForEach's body -> the other steps of the body that it waits for within an iteration."""
    siblings = {inner.name for inner in step.body}
    waits: dict[str, list[str]] = {}
    for inner in step.body:
        named = {dependency.step for dependency in inner.depends_on}
        for _, reference in references(inner.expressions):
            if isinstance(reference, StepReference):
                named.add(reference.step)
        waits[inner.name] = sorted(named & siblings)
    return waits


def sort_steps(waits: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Step names, each after all it waits for; steps without an order stand by name. Raises CycleError."""
    sorter = graphlib.TopologicalSorter({name: sorted(waits[name]) for name in sorted(waits)})
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


def order(definition: Definition) -> tuple[str, ...]:
    """The definition's steps, sorted. Raises CycleError."""
    return sort_steps(upstream(definition))


def _waits_for(step: StepDefinition) -> Iterator[str]:
    yield from (dependency.step for _, dependency in named_steps(step))
    yield from (reference.step for _, reference in referenced_steps(step))
    if step.branch:
        yield step.branch.condition
