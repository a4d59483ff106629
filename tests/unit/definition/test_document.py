from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.check import check
from pipelines.definition.document import Branch, Dependency, ParameterType, canonical, parse
from pipelines.definition.errors import DefinitionError

FAIL = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}


def document(*steps: object, parameters: object = ()) -> dict[str, object]:
    return {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}  # type: ignore[call-overload]


def step(name: str, *needs: str, **arguments: object) -> dict[str, object]:
    return {"Name": name, "Type": "Training", "Arguments": arguments, "DependsOn": list(needs)}


def test_parameters_keep_type_default_and_allowed_values() -> None:
    [loss, rate] = parse(
        document(
            parameters=[
                {"Name": "Loss", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
                {"Name": "Rate", "Type": "Float"},
            ]
        )
    ).parameters
    assert (loss.type, loss.default, loss.allowed, loss.required) == (
        ParameterType.STRING,
        "a",
        ("a", "b"),
        False,
    )
    assert (rate.type, rate.required) == (ParameterType.FLOAT, True)


def test_steps_of_branches_know_where_they_stand() -> None:
    condition = {
        "Name": "Check",
        "Type": "Condition",
        "Arguments": {"Conditions": [], "IfSteps": [step("A")], "ElseSteps": [FAIL]},
    }
    definition = parse(document(condition))
    assert [(each.name, each.branch, each.pointer) for each in definition.steps] == [
        ("Check", None, "/Steps/0"),
        ("A", Branch("Check", "IfSteps"), "/Steps/0/Arguments/IfSteps/0"),
        ("Stop", Branch("Check", "ElseSteps"), "/Steps/0/Arguments/ElseSteps/0"),
    ]


def test_every_problem_of_a_document_is_reported_at_once() -> None:
    bad = {
        "Version": "1",
        "Parameters": [
            {"Name": "A", "Type": "Int"},
            {"Name": "B", "Type": "Integer", "DefaultValue": "5"},
            7,
        ],
        "Steps": [{"Name": "X", "Type": "Fail", "Arguments": []}],
    }
    with pytest.raises(DefinitionError) as raised:
        parse(bad)
    assert [problem.pointer for problem in raised.value.problems] == [
        "/Version", "/Parameters/2", "/Parameters/0/Type", "/Parameters/1/DefaultValue", "/Parameters/2", "/Steps/0/Arguments",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", "[" * 100_000])
def test_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(DefinitionError):
        parse(text)


def test_dependencies_may_carry_a_trigger() -> None:
    [_, second] = parse(
        document(step("A"), {**step("B"), "DependsOn": [{"Step": "A", "Trigger": "Failed"}]})
    ).steps
    assert second.depends_on == (Dependency("A", "Failed"),)


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [{"d": 1, "c": 2}]}) == canonical(
        json.loads('{"a":[{"c":2,"d":1}],"b":1}')
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["Version", "Parameters", "Steps", "Name", "Type", "Arguments", "DependsOn", "Get", "Std:Join", "IfSteps", "x"]),
        inner | st.sampled_from(["2020-12-01", "Condition", "Parameters.P", "Steps.A.B"]),
        max_size=5,
    ),
    max_leaves=40,
)  # fmt: skip


@given(JSON)
def test_any_json_is_read_or_refused_with_places(value: object) -> None:
    try:
        definition = parse(
            json.dumps(
                {"Version": "2020-12-01", "Steps": value} if isinstance(value, list) else value
            )
        )
    except DefinitionError as error:
        assert error.problems
        return
    check(definition)
