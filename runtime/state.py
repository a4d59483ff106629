"""The state of one execution: events in, instructions out. No clock, thread or file.

What was chosen where the service is silent:

* An independent step starts although another one failed, so which steps run depends on what the steps did and
  never on how fast they were. A Fail step is different: it ends the execution, so nothing new starts after it.
* A step that waits for a step which will never run never runs either, whatever its trigger.
* A failed or stopped step is handled when a step that started waits for it with the trigger Failed, Stopped or Any.
* A step whose job was stopped from outside counts like a failed one at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.graph import upstream

STEP_FAILURE = "Step failure: One or multiple steps failed."
# The trigger of a step in a condition's branch: the branch must be the one taken.
_BRANCH = "Branch"
_HANDLING = ("Failed", "Stopped", "Any")


class ExecutionStatus(StrEnum):
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"

    def is_finished(self) -> bool:
        return self not in (ExecutionStatus.EXECUTING, ExecutionStatus.STOPPING)


class StepStatus(StrEnum):
    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    def is_finished(self) -> bool:
        return self in (StepStatus.STOPPED, StepStatus.FAILED, StepStatus.SUCCEEDED)


@dataclass(frozen=True)
class ExecutionStarted:
    """`done` holds steps that need not run, with the outcome of conditions (a retry, a selective execution).

    `selected` limits the execution to these steps; what they wait for outside it counts as done.
    """

    done: Mapping[str, bool | None] = field(default_factory=dict)
    selected: Collection[str] | None = None


@dataclass(frozen=True)
class StepSucceeded:
    """`outcome` is the boolean of a condition, None for every other type."""

    name: str
    outcome: bool | None = None


@dataclass(frozen=True)
class StepFailed:
    name: str
    reason: str = ""


@dataclass(frozen=True)
class StepStopped:
    name: str


@dataclass(frozen=True)
class StopRequested:
    pass


@dataclass(frozen=True)
class LimitChanged:
    """MaxParallelExecutionSteps of the execution; None is unlimited."""

    limit: int | None


Event = ExecutionStarted | StepSucceeded | StepFailed | StepStopped | StopRequested | LimitChanged


@dataclass(frozen=True)
class StartStep:
    name: str


@dataclass(frozen=True)
class StopStep:
    name: str


@dataclass(frozen=True)
class FinishExecution:
    status: ExecutionStatus
    reason: str | None = None


Instruction = StartStep | StopStep | FinishExecution


class ExecutionState:
    """Each step is waiting, ready, running, finished, or out; `handle` moves them and says what to do.

    Work per event is proportional to the edges at the step it names, so that a large pipeline grows linearly.
    """

    def __init__(self, definition: Definition, limit: int | None = None) -> None:
        self.limit = limit
        self._steps = {step.name: step for step in definition.steps}
        waits_for = upstream(definition)
        self._waits = {
            step.name: _triggers(step, waits_for[step.name]) for step in definition.steps
        }
        self._followers: dict[str, list[str]] = {name: [] for name in self._steps}
        for name, waits in self._waits.items():
            for dependency in waits:
                self._followers[dependency].append(name)
        self._open = {name: len(waits) for name, waits in self._waits.items()}
        self._waiting = set(self._steps)
        self._ready: deque[str] = deque()
        self._finished: dict[str, StepStatus] = {}
        self._handled: set[str] = set()
        self._terminated = False
        self.running: set[str] = set()
        self.stopping = False
        self.status = ExecutionStatus.EXECUTING

    def handle(self, event: Event) -> list[Instruction]:
        """What to do after `event`, in order. An event for a step that does not run is a bug: KeyError."""
        instructions: list[Instruction] = []
        if isinstance(event, ExecutionStarted):
            self._start(event)
        elif isinstance(event, LimitChanged):
            self.limit = event.limit
        elif isinstance(event, StopRequested):
            instructions += self._stop()
        else:
            self._end(event)
        return [*instructions, *self._next()]

    def _start(self, event: ExecutionStarted) -> None:
        selected = set(self._steps) if event.selected is None else set(event.selected)
        for name in self._steps:
            if name in selected and name not in event.done:
                continue
            self._waiting.discard(name)
        if event.selected is not None:
            for name in selected:
                self._open[name] = sum(1 for waits in self._waits[name] if waits in selected)
        for name in [
            name for name in self._steps if name in self._waiting and not self._open[name]
        ]:
            self._make_ready(name)
        for name, outcome in event.done.items():
            if name in selected:
                self._release(name, StepStatus.SUCCEEDED, outcome)

    def _stop(self) -> Iterator[Instruction]:
        if self.stopping or self.status.is_finished():
            return
        self.stopping = True
        self.status = ExecutionStatus.STOPPING
        for name in sorted(self.running):
            yield StopStep(name)

    def _end(self, event: StepSucceeded | StepFailed | StepStopped) -> None:
        self.running.remove(event.name)
        outcome = None
        if isinstance(event, StepSucceeded):
            status, outcome = StepStatus.SUCCEEDED, event.outcome
        elif isinstance(event, StepFailed):
            status = StepStatus.FAILED
            self._terminated = self._terminated or self._steps[event.name].type == "Fail"
        else:
            status = StepStatus.STOPPED
        self._finished[event.name] = status
        self._release(event.name, status, outcome)

    def _release(self, name: str, status: StepStatus, outcome: bool | None) -> None:
        for follower in self._followers[name]:
            if follower not in self._waiting:
                continue
            if not self._satisfied(follower, name, status, outcome):
                # Never ready, and so nothing that waits for it either.
                self._waiting.remove(follower)
                continue
            self._open[follower] -= 1
            if not self._open[follower]:
                self._make_ready(follower)

    def _satisfied(
        self, follower: str, name: str, status: StepStatus, outcome: bool | None
    ) -> bool:
        trigger = self._waits[follower][name]
        if trigger == _BRANCH:
            branch = self._steps[follower].branch
            assert branch is not None
            taken = "IfSteps" if outcome else "ElseSteps"
            return status is StepStatus.SUCCEEDED and branch.side == taken
        if trigger == "Any":
            return True
        wanted = {"Failed": StepStatus.FAILED, "Stopped": StepStatus.STOPPED}
        return status is wanted.get(trigger, StepStatus.SUCCEEDED)

    def _make_ready(self, name: str) -> None:
        self._waiting.remove(name)
        self._ready.append(name)

    def _next(self) -> Iterator[Instruction]:
        while self._ready and self._may_start():
            name = self._ready.popleft()
            self.running.add(name)
            self._handled |= {
                dependency
                for dependency, trigger in self._waits[name].items()
                if trigger in _HANDLING
            }
            yield StartStep(name)
        idle = not self.running and (not self._ready or self.stopping or self._terminated)
        if idle and not self.status.is_finished():
            yield self._finish()

    def _may_start(self) -> bool:
        free = self.limit is None or len(self.running) < self.limit
        return free and not self.stopping and not self._terminated

    def _finish(self) -> FinishExecution:
        unsuccessful = {
            name for name, end in self._finished.items() if end is not StepStatus.SUCCEEDED
        }
        reason = None
        if self.stopping:
            self.status = ExecutionStatus.STOPPED
        elif self._terminated or unsuccessful - self._handled:
            self.status, reason = ExecutionStatus.FAILED, STEP_FAILURE
        elif unsuccessful:
            self.status = ExecutionStatus.COMPLETED_WITH_FAILURES
        else:
            self.status = ExecutionStatus.SUCCEEDED
        return FinishExecution(self.status, reason)


def _triggers(step: StepDefinition, waits_for: Collection[str]) -> dict[str, str]:
    """Step name -> what must happen to it before `step` may start."""
    triggers = dict.fromkeys(sorted(waits_for), "Completed")
    triggers |= {entry.step: entry.trigger for entry in step.depends_on if entry.step in triggers}
    if step.branch:
        triggers[step.branch.condition] = _BRANCH
    return triggers
