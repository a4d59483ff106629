from __future__ import annotations

from typing import Any

from pipelines.definition.document import Branch, read
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import Branches, own_branches, waits


def step(name: str, *before: Any, kind: str = "Lambda") -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": {}, "DependsOn": list(before)}


def condition(name: str, then: list[Any], otherwise: list[Any] | None = None) -> dict[str, Any]:
    arguments = {"Conditions": [], "IfSteps": then, "ElseSteps": otherwise or []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def subject(*steps: dict[str, Any]) -> Subject:
    definition, _ = read({"Version": "2020-12-01", "Steps": list(steps)})
    return Subject(definition, "")


def needed(found: Subject, name: str) -> list[Branch]:
    branches = Branches(found)
    return branches.listed(branches.needed[name])


def test_a_step_needs_its_own_branches_and_those_of_what_it_waits_for() -> None:
    inner = condition("Inner", [step("Deep")])
    found = subject(condition("Outer", [inner], [step("Else")]), step("Last", "Deep"))

    assert set(needed(found, "Deep")) == {Branch("Inner", "IfSteps"), Branch("Outer", "IfSteps")}
    assert needed(found, "Last") == needed(found, "Deep")
    assert needed(found, "Outer") == []


def test_a_condition_behind_a_step_of_a_branch_hands_that_on_to_its_own_branches() -> None:
    second = condition("Second", [step("Late")])
    second["Arguments"]["Conditions"] = [{"Type": "Equals", "LeftValue": {"Get": "Steps.A.OutputParameters['x']"}, "RightValue": 1}]  # fmt: skip
    found = subject(condition("First", [step("A")], [step("B")]), second)
    assert set(needed(found, "Late")) == {Branch("First", "IfSteps"), Branch("Second", "IfSteps")}


def test_waiting_for_a_failure_takes_no_branch_over() -> None:
    found = subject(condition("C", [step("A")]), step("B", {"Step": "A", "Trigger": "Failed"}))
    assert needed(found, "B") == []


def test_both_sides_of_one_condition_contradict_and_of_two_do_not() -> None:
    found = subject(
        condition("C", [step("A")], [step("B")]),
        condition("D", [step("E")]),
        step("Both", "A", "B"),
        step("Fine", "A", "E"),
    )
    branches = Branches(found)
    assert branches.contradiction(branches.needed["Both"]) == "C"
    assert branches.contradiction(branches.needed["Fine"]) is None


def test_what_does_not_exist_is_not_waited_for() -> None:
    found = subject(step("A", "Nobody"))
    assert list(waits(found, found.steps["A"])) == []


def test_conditions_that_share_a_name_do_not_go_round_in_circles() -> None:
    found = subject(condition("C", [condition("C", [step("A")])]))
    assert list(own_branches(found, found.steps["A"])) == [Branch("C", "IfSteps")]
