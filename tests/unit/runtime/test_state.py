"""The state machine alone: events in, instructions out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import Definition, parse
from pipelines.definition.graph import upstream
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
def pipelines(draw: st.DrawFn) -> Definition:
    """Random acyclic pipelines of jobs, conditions with branches, triggers and Fail steps."""
    names = [f"S{index}" for index in range(draw(st.integers(0, 12)))]
    top: list[dict[str, Any]] = []
    homes: list[list[dict[str, Any]]] = [top]
    followable: list[str] = []
    for name in names:
        kind = draw(st.sampled_from(["Training", "Training", "Condition", "Fail"]))
        after: list[Any] = draw(
            st.lists(st.sampled_from(followable), max_size=3, unique=True)
            if followable
            else st.just([])
        )
        trigger = draw(st.sampled_from(["Completed", "Completed", "Failed", "Stopped", "Any"]))
        after = [{"Step": one, "Trigger": trigger} for one in after]
        made = step(name, *after, kind=kind)
        draw(st.sampled_from(homes)).append(made)
        if kind == "Condition":
            made["Arguments"] = {"Conditions": [], "IfSteps": [], "ElseSteps": []}
            homes += [made["Arguments"]["IfSteps"], made["Arguments"]["ElseSteps"]]
        if kind != "Fail":
            followable.append(name)
    return parse({"Version": "2020-12-01", "Steps": top})


@given(definition=pipelines(), limit=st.none() | st.integers(1, 4), data=st.data())
def test_every_step_runs_at_most_once_after_its_dependencies_and_the_execution_ends(
    definition: Definition, limit: int | None, data: st.DataObject
) -> None:
    state = ExecutionState(definition, limit)
    waits = upstream(definition)
    kinds = {one.name: one.type for one in definition.steps}
    running: list[str] = []
    finished: set[str] = set()
    ends: list[FinishExecution] = []

    def follow(instructions: list[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, StartStep):
                assert instruction.name not in finished
                assert instruction.name not in running
                assert waits[instruction.name] <= finished
                running.append(instruction.name)
            elif isinstance(instruction, FinishExecution):
                assert not running
                ends.append(instruction)
        assert limit is None or len(running) <= limit

    follow(state.handle(ExecutionStarted()))
    while running:
        if data.draw(st.integers(0, 9)) == 0:
            follow(state.handle(StopRequested()))
        name = running.pop(data.draw(st.integers(0, len(running) - 1)))
        finished.add(name)
        outcome = data.draw(st.booleans()) if kinds[name] == "Condition" else None
        events = [StepSucceeded(name, outcome), StepFailed(name), StepStopped(name)]
        event = events[1] if kinds[name] == "Fail" else data.draw(st.sampled_from(events))
        follow(state.handle(event))
    assert len(ends) == 1
    assert state.status.is_finished()


def test_work_grows_with_the_edges_and_not_with_their_square() -> None:
    steps = [step("S0")] + [step(f"S{index}", f"S{index - 1}") for index in range(1, 2000)]
    state = state_of(*steps)
    state.handle(ExecutionStarted())
    for index in range(1999):
        assert state.handle(StepSucceeded(f"S{index}")) == [StartStep(f"S{index + 1}")]
