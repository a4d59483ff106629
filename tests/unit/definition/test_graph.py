from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import Definition, parse
from pipelines.definition.graph import CycleError, order, referenced_steps, upstream


def definition(*steps: object) -> Definition:
    return parse({"Version": "2020-12-01", "Steps": list(steps)})


def waiting(**needs: str) -> Definition:
    """A=BC: step A waits for B and C."""
    return definition(
        *(
            {"Name": name, "Type": "Any", "Arguments": {}, "DependsOn": list(others)}
            for name, others in needs.items()
        )
    )


def test_the_order_is_that_of_need_and_by_name_where_there_is_none() -> None:
    assert order(waiting(C="B", B="", A="", D="C")) == ("A", "B", "C", "D")
    assert order(waiting(A="Z", Z="")) == ("Z", "A")
    assert order(definition()) == ()


def test_a_reference_anywhere_in_a_step_is_a_need() -> None:
    deep = {"Std:Join": {"On": "", "Values": [{"Get": "Steps.A.X"}, "/"]}}
    found = definition(
        {"Name": "A", "Type": "Any", "Arguments": {}},
        {"Name": "B", "Type": "Any", "Arguments": {"x": [{"y": deep}]}},
        {"Name": "C", "Type": "Any", "Arguments": {}, "OutputParameters": {"Get": "Steps.B.Y"}},
    )
    assert upstream(found) == {"A": frozenset(), "B": {"A"}, "C": {"B"}}
    [(where, reference)] = referenced_steps(found.step("B"))
    assert (where, reference.step) == ("/Steps/1/Arguments/x/0/y/Std:Join/Values/0", "A")


def test_steps_of_a_branch_wait_for_their_condition_and_not_the_condition_for_them() -> None:
    inner = {"Name": "A", "Type": "Any", "Arguments": {"x": {"Get": "Steps.Z.X"}}}
    arguments = {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}
    found = definition(
        {"Name": "Check", "Type": "Condition", "Arguments": arguments},
        {"Name": "Z", "Type": "Any", "Arguments": {}},
    )
    assert upstream(found) == {"Check": frozenset(), "A": {"Check", "Z"}, "Z": frozenset()}


def test_a_step_that_does_not_exist_is_no_edge() -> None:
    assert upstream(waiting(A="X")) == {"A": frozenset()}


def test_a_cycle_is_named_step_by_step() -> None:
    with pytest.raises(CycleError) as error:
        order(waiting(A="B", B="C", C="A", D="A"))
    steps = error.value.steps
    assert steps[0] == steps[-1]
    assert sorted(steps[1:]) == ["A", "B", "C"]
    assert " -> ".join(steps) in str(error.value)


@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=10))
def test_every_step_stands_after_all_it_needs(needs: list[frozenset[int]]) -> None:
    """Step n needs only smaller numbers, so there is always an order."""
    steps = [
        {
            "Name": f"S{number}",
            "Type": "Any",
            "Arguments": {},
            "DependsOn": [f"S{other}" for other in sorted(others) if other < number],
        }
        for number, others in enumerate(needs)
    ]
    ordered = order(definition(*reversed(steps)))
    assert sorted(ordered) == sorted(str(step["Name"]) for step in steps)
    for name, others in upstream(definition(*steps)).items():
        assert all(ordered.index(other) < ordered.index(name) for other in others)
    assert ordered == order(definition(*steps))
