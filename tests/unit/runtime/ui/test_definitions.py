"""Differences are told by name: what moved has not changed."""

from __future__ import annotations

import json
from typing import Any

from runtime.ui.definitions import changes


def definition(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **more})


def step(name: str, **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Training", "Arguments": arguments}


def test_moved_steps_and_other_spelling_are_no_change() -> None:
    before = definition(step("A", x=1, y=2), step("B"))
    after = json.dumps(json.loads(definition(step("B"), step("A", y=2, x=1))), indent=4)
    assert changes(before, after) == []


def test_what_is_new_gone_and_different() -> None:
    before = definition(step("A", x=1), step("Old"), Parameters=[{"Name": "P", "Type": "String"}])
    after = definition(step("New"), step("A", x=2), Parameters=[])
    found = {(change.what, change.name): change for change in changes(before, after)}
    assert {key: change.how for key, change in found.items()} == {
        ("Step", "A"): "changed",
        ("Step", "New"): "added",
        ("Step", "Old"): "removed",
        ("Parameter", "P"): "removed",
    }
    lines = found["Step", "A"].lines
    assert ("del", '-    "x": 1') in lines
    assert ("add", '+    "x": 2') in lines


def test_a_step_in_a_branch_is_told_by_itself() -> None:
    def branch(value: int) -> str:
        inner = [step("Inner", x=value)]
        condition = {"Name": "If", "Type": "Condition", "Arguments": {"IfSteps": inner}}
        return definition(condition)

    assert [change.name for change in changes(branch(1), branch(2))] == ["Inner"]


def test_other_members_of_the_document_are_named() -> None:
    found = changes(definition(), definition(Metadata={"a": 1}))
    assert [(change.what, change.name, change.how) for change in found] == [
        ("Definition", "Metadata", "added")
    ]
