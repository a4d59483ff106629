from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.check import check
from pipelines.definition.document import Branch, Dependency, ParameterType, canonical, parse
from pipelines.definition.errors import DefinitionError
from pipelines.definition.graph import order, upstream

FAIL = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}


def document(*steps: object, parameters: object = ()) -> dict[str, object]:
    return {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}  # type: ignore[call-overload]


def step(name: str, *needs: str, **arguments: object) -> dict[str, object]:
    return {"Name": name, "Type": "Training", "Arguments": arguments, "DependsOn": list(needs)}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def problems(*steps: object, parameters: object = ()) -> list[str]:
    return [str(problem) for problem in check(parse(document(*steps, parameters=parameters)))]


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
    assert upstream(definition)["A"] == {"Check"}


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


def test_the_order_follows_references_and_dependencies_then_names() -> None:
    definition = parse(
        document(step("C", x=[get("Steps.B.X")]), step("B"), step("A"), step("D", "C"))
    )
    assert order(definition) == ("A", "B", "C", "D")


def test_a_well_formed_definition_has_no_problems() -> None:
    assert (
        problems(step("A", x=get("Parameters.P")), step("B", "A"), parameters=[{"Name": "P"}]) == []
    )


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([step("A", x=get("Parameters.Seed"))], "/Steps/0/Arguments/x: parameter 'Seed' is not declared; there are none"),
        ([step("Train"), step("B", x=get("Steps.Trian.Y"))], "/Steps/1/Arguments/x: step 'Trian' does not exist; did you mean 'Train'?"),
        ([step("A"), step("A")], "/Steps/1: step name 'A' is used 2 times (/Steps/0, /Steps/1); names must be unique"),
        ([FAIL, step("A", "Stop")], "/Steps/1/DependsOn/0: A can not depends on Stop: nothing can follow a Fail step"),
        ([step("A", x=get("Execution.Nmae"))], "/Steps/0/Arguments/x: 'Execution.Nmae' is not an execution variable"),
        ([step("A", x=get("Nonsense"))], "/Steps/0/Arguments/x: 'Nonsense' is not a reference"),
        ([step("A", "B"), step("B", "A")], "/Steps: Cycle detected in pipeline step graph: "),
        ([step("A", "A")], "/Steps: Cycle detected in pipeline step graph: A -> A."),
        (
            [step("E"), step("B", x={"Std:JsonGet": {"PropertyFile": get("Steps.E.PropertyFiles.R"), "Path": "a"}})],
            "step 'E' declares no property file 'R'; there are none",
        ),
    ],
)  # fmt: skip
def test_structural_mistakes_are_found(steps: list[object], message: str) -> None:
    [found] = problems(*steps)
    assert message in found


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
