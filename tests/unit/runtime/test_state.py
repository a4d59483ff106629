"""The state machine alone: events in, instructions out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.definition.document import Definition, parse
from pipelines.definition.graph import order, upstream
from runtime.state import (
    ExecutionStarted,
    ExecutionState,
    ExecutionStatus,
    FinishExecution,
    Instruction,
    LimitChanged,
    StartStep,
    StepFailed,
    StepStatus,
    StepStopped,
    StepSucceeded,
    StopRequested,
    StopStep,
)


def step(name: str, *after: Any, kind: str = "Training", **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments, "DependsOn": list(after)}


def condition(name: str, yes: list[Any], no: list[Any], *after: str) -> dict[str, Any]:
    return step(name, *after, kind="Condition", Conditions=[], IfSteps=yes, ElseSteps=no)


def state_of(*steps: dict[str, Any], limit: int | None = None) -> ExecutionState:
    document = {"Version": "2020-12-01", "Steps": list(steps)}
    return ExecutionState(parse(document), limit)


def started(instructions: list[Instruction]) -> list[str]:
    return [entry.name for entry in instructions if isinstance(entry, StartStep)]


def test_every_step_without_dependencies_starts_at_once() -> None:
    state = state_of(step("A"), step("B"), step("C", "A"))
    assert state.handle(ExecutionStarted()) == [StartStep("A"), StartStep("B")]


def test_a_step_starts_when_all_it_waits_for_has_succeeded() -> None:
    state = state_of(step("A"), step("B"), step("C", "A", "B"))
    state.handle(ExecutionStarted())
    assert state.handle(StepSucceeded("A")) == []
    assert state.handle(StepSucceeded("B")) == [StartStep("C")]
    assert state.handle(StepSucceeded("C")) == [FinishExecution(ExecutionStatus.SUCCEEDED)]


def test_the_limit_holds_back_ready_steps_and_can_change() -> None:
    state = state_of(step("A"), step("B"), step("C"), limit=1)
    assert started(state.handle(ExecutionStarted())) == ["A"]
    assert started(state.handle(StepSucceeded("A"))) == ["B"]
    assert started(state.handle(LimitChanged(None))) == ["C"]


def test_an_execution_without_steps_succeeds() -> None:
    assert state_of().handle(ExecutionStarted()) == [FinishExecution(ExecutionStatus.SUCCEEDED)]


def test_what_waits_for_a_failed_step_does_not_run_and_what_does_not_wait_does() -> None:
    state = state_of(step("A"), step("B"), step("AfterA", "A"), step("AfterB", "B"))
    state.handle(ExecutionStarted())
    assert state.handle(StepFailed("A", "no")) == []
    assert state.handle(StepSucceeded("B")) == [StartStep("AfterB")]
    [end] = state.handle(StepSucceeded("AfterB"))
    assert end == FinishExecution(
        ExecutionStatus.FAILED, "Step failure: One or multiple steps failed."
    )


@pytest.mark.parametrize(("outcome", "runs"), [(True, "Yes"), (False, "No")])
def test_only_the_branch_taken_runs_and_nothing_that_waits_for_the_other(
    outcome: bool, runs: str
) -> None:
    state = state_of(
        condition("Check", [step("Yes")], [step("No")]),
        step("AfterYes", "Yes"),
        step("AfterBoth", "Yes", "No"),
    )
    assert started(state.handle(ExecutionStarted())) == ["Check"]
    assert started(state.handle(StepSucceeded("Check", outcome))) == [runs]
    after = state.handle(StepSucceeded(runs))
    assert started(after) == (["AfterYes"] if outcome else [])


def test_a_condition_in_a_branch_not_taken_takes_its_own_branches_with_it() -> None:
    inner = condition("Inner", [step("Deep")], [])
    state = state_of(condition("Outer", [inner], []))
    state.handle(ExecutionStarted())
    assert state.handle(StepSucceeded("Outer", False)) == [
        FinishExecution(ExecutionStatus.SUCCEEDED)
    ]


def test_a_fail_step_lets_running_steps_finish_and_starts_nothing_new() -> None:
    state = state_of(step("Stop", kind="Fail"), step("Slow"), step("AfterSlow", "Slow"))
    state.handle(ExecutionStarted())
    assert state.handle(StepFailed("Stop")) == []
    [end] = state.handle(StepSucceeded("Slow"))
    assert isinstance(end, FinishExecution)
    assert end.status is ExecutionStatus.FAILED


def test_stop_stops_what_runs_and_starts_nothing_more() -> None:
    state = state_of(step("A"), step("B", "A"))
    state.handle(ExecutionStarted())
    assert state.handle(StopRequested()) == [StopStep("A")]
    assert state.handle(StopRequested()) == []
    assert state.handle(StepStopped("A")) == [FinishExecution(ExecutionStatus.STOPPED)]


def test_stop_with_nothing_running_ends_the_execution_once() -> None:
    state = state_of(step("A"))
    state.handle(ExecutionStarted())
    state.handle(StepSucceeded("A"))
    assert state.handle(StopRequested()) == []


@pytest.mark.parametrize("trigger", ["Failed", "Any"])
def test_a_failure_with_a_step_for_it_completes_with_failures(trigger: str) -> None:
    state = state_of(step("A"), step("Clean", {"Step": "A", "Trigger": trigger}))
    state.handle(ExecutionStarted())
    assert started(state.handle(StepFailed("A"))) == ["Clean"]
    [end] = state.handle(StepSucceeded("Clean"))
    assert end == FinishExecution(ExecutionStatus.COMPLETED_WITH_FAILURES)


def test_a_step_for_a_failure_does_not_run_after_success() -> None:
    state = state_of(step("A"), step("Clean", {"Step": "A", "Trigger": "Failed"}))
    state.handle(ExecutionStarted())
    assert state.handle(StepSucceeded("A")) == [FinishExecution(ExecutionStatus.SUCCEEDED)]


def test_steps_done_before_are_not_run_again_and_conditions_keep_their_outcome() -> None:
    state = state_of(step("A"), condition("Check", [step("Yes", "A")], [step("No")], "A"))
    instructions = state.handle(ExecutionStarted(done={"A": None, "Check": True}))
    assert started(instructions) == ["Yes"]


def test_a_selection_runs_its_steps_only_and_takes_the_rest_as_done() -> None:
    state = state_of(step("A"), step("B", "A"), step("C", "B"), step("D", "C"))
    instructions = state.handle(ExecutionStarted(done={"A": None}, selected=["B", "C"]))
    assert started(instructions) == ["B"]
    assert started(state.handle(StepSucceeded("B"))) == ["C"]
    assert state.handle(StepSucceeded("C")) == [FinishExecution(ExecutionStatus.SUCCEEDED)]


def test_an_event_for_a_step_that_does_not_run_is_an_error() -> None:
    state = state_of(step("A"), step("B", "A"))
    state.handle(ExecutionStarted())
    with pytest.raises(KeyError):
        state.handle(StepSucceeded("B"))


@pytest.mark.parametrize("status", list(StepStatus))
def test_a_step_status_knows_whether_it_is_an_end(status: StepStatus) -> None:
    assert status.is_finished() is (status.value in ("Stopped", "Failed", "Succeeded"))


@st.composite
def pipelines(draw: st.DrawFn, *, plain: bool = False) -> Definition:
    """Random acyclic pipelines of jobs and conditions with branches, and unless plain triggers and Fail steps."""
    kinds = ["Training", "Training", "Condition", *([] if plain else ["Fail"])]
    triggers = ["Completed", "Completed", *([] if plain else ["Failed", "Stopped", "Any"])]
    names = [f"S{index}" for index in range(draw(st.integers(0, 12)))]
    top: list[dict[str, Any]] = []
    homes: list[list[dict[str, Any]]] = [top]
    followable: list[str] = []
    for name in names:
        kind = draw(st.sampled_from(kinds))
        after: list[Any] = draw(
            st.lists(st.sampled_from(followable), max_size=3, unique=True)
            if followable
            else st.just([])
        )
        trigger = draw(st.sampled_from(triggers))
        after = [{"Step": one, "Trigger": trigger} for one in after]
        made = step(name, *after, kind=kind)
        draw(st.sampled_from(homes)).append(made)
        if kind == "Condition":
            made["Arguments"] = {"Conditions": [], "IfSteps": [], "ElseSteps": []}
            homes += [made["Arguments"]["IfSteps"], made["Arguments"]["ElseSteps"]]
        if kind != "Fail":
            followable.append(name)
    return parse({"Version": "2020-12-01", "Steps": top})


@dataclass(frozen=True)
class Script:
    """How each step of a pipeline ends, whenever it runs; and what must follow, without any order of events."""

    definition: Definition
    ends: Mapping[str, StepStatus]
    outcomes: Mapping[str, bool]

    def event(self, name: str) -> StepSucceeded | StepFailed | StepStopped:
        end = self.ends[name]
        if end is StepStatus.SUCCEEDED:
            return StepSucceeded(name, self.outcomes.get(name))
        return StepFailed(name) if end is StepStatus.FAILED else StepStopped(name)

    def runs(self) -> set[str]:
        """The steps for which all they wait for came about."""
        found: set[str] = set()
        for name in order(self.definition):
            waits = self._waits(name).items()
            if all(wait in found and self._came_about(name, wait, how) for wait, how in waits):
                found.add(name)
        return found

    def status(self) -> ExecutionStatus:
        runs = self.runs()
        bad = {name for name in runs if self.ends[name] is not StepStatus.SUCCEEDED}
        handling = ("Failed", "Stopped", "Any")
        handled = {
            wait for name in runs for wait, how in self._waits(name).items() if how in handling
        }
        if bad - handled:
            return ExecutionStatus.FAILED
        return ExecutionStatus.COMPLETED_WITH_FAILURES if bad else ExecutionStatus.SUCCEEDED

    def _waits(self, name: str) -> dict[str, str]:
        one = self.definition.step(name)
        waits = dict.fromkeys(upstream(self.definition)[name], "Completed")
        waits |= {entry.step: entry.trigger for entry in one.depends_on}
        return {**waits, **({one.branch.condition: one.branch.side} if one.branch else {})}

    def _came_about(self, name: str, wait: str, how: str) -> bool:
        end = self.ends[wait]
        if how in ("IfSteps", "ElseSteps"):
            return end is StepStatus.SUCCEEDED and self.outcomes[wait] is (how == "IfSteps")
        return how == "Any" or end == {"Completed": "Succeeded"}.get(how, how)


@st.composite
def scripts(draw: st.DrawFn, *, plain: bool = False) -> Script:
    definition = draw(pipelines(plain=plain))
    likely = [StepStatus.SUCCEEDED] * 4 + [StepStatus.FAILED, StepStatus.STOPPED]
    ends = {
        one.name: StepStatus.FAILED if one.type == "Fail" else draw(st.sampled_from(likely))
        for one in definition.steps
    }
    outcomes = {
        one.name: draw(st.booleans()) for one in definition.steps if one.type == "Condition"
    }
    return Script(definition, ends, outcomes)


class Play:
    """Runs an execution by a script, in an order of its own, and watches what may never happen."""

    def __init__(self, script: Script, limit: int | None = None) -> None:
        self.script = script
        self.done: set[str] = set()
        self.state = ExecutionState(script.definition, limit)
        self.running: list[str] = []
        self.finished: set[str] = set()
        self.ends: list[FinishExecution] = []
        self._waits = upstream(script.definition)

    def start(self, done: Mapping[str, bool | None] | None = None) -> None:
        self.done = set(done or ())
        self.follow(self.state.handle(ExecutionStarted(done or {})))

    def follow(self, instructions: list[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, StartStep):
                assert instruction.name not in {*self.finished, *self.running, *self.done}
                assert self._waits[instruction.name] <= self.finished | self.done
                self.running.append(instruction.name)
            elif isinstance(instruction, StopStep):
                assert instruction.name in self.running
            else:
                assert not self.running
                self.ends.append(instruction)
        limit = self.state.limit
        assert limit is None or len(self.running) <= limit

    def end_one(self, which: int) -> None:
        name = self.running.pop(which % len(self.running))
        self.finished.add(name)
        self.follow(self.state.handle(self.script.event(name)))


@settings(max_examples=400)
@given(
    script=scripts(), limit=st.none() | st.integers(1, 4), turns=st.randoms(use_true_random=False)
)
def test_which_steps_run_follows_from_how_they_end_and_not_from_when(
    script: Script, limit: int | None, turns: random.Random
) -> None:
    play = Play(script, limit)
    play.start()
    while play.running:
        play.end_one(turns.randrange(100))
    [end] = play.ends
    kinds = {script.definition.step(name).type for name in script.runs()}
    if "Fail" in kinds:  # it ends the execution, so how far the others got is a matter of time
        assert play.finished <= script.runs()
        assert end.status is ExecutionStatus.FAILED
    else:
        assert play.finished == script.runs()
        assert end.status is script.status()
    assert (end.reason is not None) is (end.status is ExecutionStatus.FAILED)


@given(
    script=scripts(), limit=st.none() | st.integers(1, 4), turns=st.randoms(use_true_random=False)
)
def test_after_a_stop_nothing_starts_and_what_runs_is_told_once(
    script: Script, limit: int | None, turns: random.Random
) -> None:
    play = Play(script, limit)
    play.start()
    for _ in range(turns.randrange(8)):
        if play.running:
            play.end_one(turns.randrange(100))
    before, was_finished = set(play.running), bool(play.ends)
    instructions = play.state.handle(StopRequested())
    told = {entry.name for entry in instructions if isinstance(entry, StopStep)}
    assert told == before
    play.follow(instructions)
    assert play.state.handle(StopRequested()) == []
    while play.running:
        play.end_one(turns.randrange(100))
        assert set(play.running) <= before
    [end] = play.ends
    assert was_finished or end.status is ExecutionStatus.STOPPED


@given(script=scripts(plain=True), turns=st.randoms(use_true_random=False))
def test_a_retry_whose_steps_all_succeed_runs_exactly_what_was_missing(
    script: Script, turns: random.Random
) -> None:
    first = Play(script)
    first.start()
    while first.running:
        first.end_one(turns.randrange(100))
    done = {
        name: script.outcomes.get(name)
        for name in first.finished
        if script.ends[name] is StepStatus.SUCCEEDED
    }
    ends = dict.fromkeys(script.ends, StepStatus.SUCCEEDED)
    again = Play(replace(script, ends=ends))
    again.start(done)
    while again.running:
        again.end_one(turns.randrange(100))
    [end] = again.ends
    assert end.status is ExecutionStatus.SUCCEEDED
    assert again.finished == again.script.runs() - set(done)


def test_work_grows_with_the_edges_and_not_with_their_square() -> None:
    steps = [step("S0")] + [step(f"S{index}", f"S{index - 1}") for index in range(1, 2000)]
    state = state_of(*steps)
    state.handle(ExecutionStarted())
    for index in range(1999):
        assert state.handle(StepSucceeded(f"S{index}")) == [StartStep(f"S{index + 1}")]
