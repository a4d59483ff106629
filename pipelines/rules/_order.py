"""Which steps certainly run one after the other, and which never both."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.graph import CycleError, sort_steps, upstream


class Order:
    """The order of a definition's steps; the steps in a body stand where their ForEach stands."""

    def __init__(self, definition: Definition) -> None:
        self._owners = {
            one.name: step.name for step in definition.steps for one in (step, *step.body)
        }
        self._branches: dict[str, Mapping[str, str]] = {}
        steps = {step.name: step for step in definition.steps}
        for step in definition.steps:
            self._branches[step.name] = self._sides(step, steps)
        waits = upstream(definition)
        try:
            sorted_names = sort_steps(waits)
        except CycleError:
            sorted_names = ()  # it is refused: nothing is ordered, see `settled`
        self.settled = bool(sorted_names)
        self._bits = {name: 1 << index for index, name in enumerate(sorted_names)}
        # Step -> a bit for each step that is done before it starts; sets of names would take 60 times the room.
        self._before: dict[str, int] = {}
        for name in sorted_names:
            mask = 0
            for other in waits[name]:
                mask |= self._bits[other] | self._before[other]
            self._before[name] = mask

    def before(self, first: StepDefinition, second: StepDefinition) -> bool:
        """Is `first` done whenever `second` starts?"""
        one, other = self._owners[first.name], self._owners[second.name]
        return bool(self._before.get(other, 0) & self._bits.get(one, 0))

    def exclusive(self, first: StepDefinition, second: StepDefinition) -> bool:
        """Do they stand in different branches of a condition, so that never both run?"""
        one = self._branches[self._owners[first.name]]
        other = self._branches[self._owners[second.name]]
        return any(other.get(condition, side) != side for condition, side in one.items())

    def may_meet(self, first: StepDefinition, second: StepDefinition) -> bool:
        """May they run at the same time?"""
        return (
            self.settled
            and self._owners[first.name] != self._owners[second.name]
            and not self.before(first, second)
            and not self.before(second, first)
            and not self.exclusive(first, second)
        )

    def _sides(self, step: StepDefinition, steps: Mapping[str, StepDefinition]) -> dict[str, str]:
        sides: dict[str, str] = {}
        current: StepDefinition | None = step
        while current is not None and current.branch and current.branch.condition not in sides:
            sides[current.branch.condition] = current.branch.side
            current = steps.get(current.branch.condition)
        return sides
