"""What has to happen before a step can run: which branches are taken, which steps succeed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from pipelines.definition.document import Branch, StepDefinition
from pipelines.definition.graph import CycleError, named_steps, sort_steps
from pipelines.rules._subject import Subject

COMPLETED = "Completed"


@dataclass(frozen=True)
class Wait:
    """A step waits for `step` to end as `trigger` says; `pointer` is the reference or the entry of DependsOn."""

    pointer: str
    step: str
    trigger: str = COMPLETED


def waits(subject: Subject, step: StepDefinition) -> Iterator[Wait]:
    """What a top-level step, one of a branch or its body waits for: existing steps, not the condition around it."""
    for where, reference in subject.step_references.get(step.pointer, ()):
        if reference.step in subject.upstream:
            yield Wait(where, reference.step)
    for where, dependency in named_steps(step):
        if dependency.step in subject.upstream:
            yield Wait(where, dependency.step, dependency.trigger)


def ordered(subject: Subject) -> tuple[str, ...]:
    """The names of steps, each after all it waits for; empty when they wait for each other."""
    try:
        return sort_steps(subject.upstream)
    except CycleError:
        return ()


def own_branches(subject: Subject, step: StepDefinition) -> Iterator[Branch]:
    """The branches around a step, innermost first."""
    seen: set[str] = set()
    current: StepDefinition | None = step
    while current and current.branch and current.name not in seen:
        seen.add(current.name)
        yield current.branch
        current = subject.steps.get(current.branch.condition)


class Branches:
    """Sets of branches as bits of a number, so that thousands of steps are compared quickly."""

    def __init__(self, subject: Subject) -> None:
        sides = dict.fromkeys(step.branch for step in subject.definition.steps if step.branch)
        self._bits = {branch: 1 << index for index, branch in enumerate(sides)}
        self._subject = subject
        self.needed = self._needed()

    def of(self, step: StepDefinition) -> int:
        """The branches that stand around a step."""
        return reduce(int.__or__, map(self._bit, own_branches(self._subject, step)), 0)

    def listed(self, bits: int) -> list[Branch]:
        return [branch for branch, bit in self._bits.items() if bits & bit]

    def contradiction(self, bits: int) -> str | None:
        """A condition of which both branches would have to be taken."""
        sides: dict[str, str] = {}
        for branch in self.listed(bits):
            if sides.setdefault(branch.condition, branch.side) != branch.side:
                return branch.condition
        return None

    def _bit(self, branch: Branch) -> int:
        return self._bits.get(branch, 0)

    def _needed(self) -> Mapping[str, int]:
        """Step -> the branches that have to be taken for it to run. Empty when steps wait for each other."""
        needed: dict[str, int] = {}
        for name in ordered(self._subject):
            step = self._subject.steps[name]
            needed[name] = self.of(step)
            for wait in waits(self._subject, step):
                # What a step that waits for a failure does when the other never starts is not known.
                needed[name] |= needed.get(wait.step, 0) if wait.trigger == COMPLETED else 0
            if step.branch:
                needed[name] |= needed.get(step.branch.condition, 0)
        return needed
