from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.errors import UsageError
from pipelines.deploy.executions.selection import check_selection, parameters, unmet


def definition(waits, parameters=(), **branches):
    """Steps by name with those they wait for; `branches` are the steps of a condition's IfSteps."""

    def step(name, depends_on):
        return {"Name": name, "Type": "Processing", "Arguments": {}, "DependsOn": depends_on}

    steps = [step(name, list(before)) for name, before in waits.items()]
    for condition, names in branches.items():
        nested = [step(name, []) for name in names]
        arguments = {"Conditions": [], "IfSteps": nested, "ElseSteps": []}
        steps.append({"Name": condition, "Type": "Condition", "Arguments": arguments})
    return parse({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": steps})


CHAIN = definition({"A": "", "B": "A", "C": "B", "D": "B", "Alone": ""})


@pytest.mark.parametrize(
    ("selected", "needed"),
    [
        (["A"], ()),
        (["B"], ("A",)),
        (["B", "C"], ("A",)),
        (["B", "C", "D"], ("A",)),
        (["C"], ("B",)),
        (["A", "B", "C", "D"], ()),
    ],
)
def test_what_the_selected_steps_need_comes_from_the_source(selected, needed):
    assert check_selection(CHAIN, selected) == needed


@pytest.mark.parametrize(
    ("selected", "message"),
    [
        (["X", "Y"], "--only: 2 problems"),
        (["Alon"], "there is no step 'Alon'; did you mean 'Alone'?"),
        (["A", "C"], "'A', 'C' are connected through 'B'; select this too"),
        (["A", "Alone"], "'A' and 'Alone' do not depend on each other"),
        (["C", "D"], "'C' and 'D' do not depend on each other"),
    ],
)
def test_what_cannot_run_by_itself_is_said_with_what_to_do(selected, message):
    with pytest.raises(UsageError) as error:
        check_selection(CHAIN, selected)
    assert message in str(error.value)


def test_more_steps_than_the_service_takes_are_refused():
    many = definition({f"S{number}": "" for number in range(51)})
    with pytest.raises(UsageError, match="51 steps are too many; 50 can be selected"):
        check_selection(many, [step.name for step in many.steps])


def test_a_step_of_a_branch_runs_without_its_condition():
    assert check_selection(definition({}, Check=["Inner"]), ["Inner"]) == ()


def test_a_needed_step_must_have_succeeded_in_the_source():
    entries = [
        {"StepName": "A", "StepStatus": "Succeeded"},
        {"StepName": "B", "StepStatus": "Failed"},
    ]
    assert unmet(["A", "B", "C"], entries) == ("B", "C")


def parameter(name, default=None, kind="String"):
    given = {} if default is None else {"DefaultValue": default}
    return {"Name": name, "Type": kind, **given}


def test_parameters_are_the_sources_then_the_overrides():
    before = definition({}, [parameter("Kept"), parameter("Over", "x"), parameter("Gone", "x")])
    after = definition({}, [parameter("Kept"), parameter("Over", "x"), parameter("New", "x")])
    found = parameters(before, {"Kept": "1", "Over": "2", "Gone": "3"}, after, {"Over": "4"})
    assert found.values == {"Kept": "1", "Over": "4"}
    assert found.dropped == ("Gone",)


def test_a_default_that_was_changed_since_is_the_one_the_source_saw():
    before = definition({}, [parameter("Flag", True, "Boolean"), parameter("Same", "x")])
    after = definition({}, [parameter("Flag", False, "Boolean"), parameter("Same", "x")])
    assert parameters(before, {}, after, {}).values == {"Flag": "true"}
