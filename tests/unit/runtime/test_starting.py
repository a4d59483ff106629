"""What is decided before an execution exists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import Definition, parse
from runtime.starting import (
    Refused,
    check_selection,
    image_uris,
    resolve_parameters,
    unsupported_types,
)


def definition(
    *steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None
) -> Definition:
    return parse({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)})


PARAMETERS = definition(
    parameters=[
        {"Name": "Uri", "Type": "String"},
        {"Name": "Approval", "Type": "String", "DefaultValue": "A", "EnumValues": ["A", "B"]},
        {"Name": "Jobs", "Type": "Integer", "DefaultValue": 3},
        {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
    ]
)


def given_values(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_values_at_start_are_typed_and_defaults_fill_the_rest() -> None:
    values = resolve_parameters(PARAMETERS, given_values(Uri="s3://b/k", Jobs="7", Flag="True"))
    assert values == {"Uri": "s3://b/k", "Approval": "A", "Jobs": 7, "Rate": 0.5, "Flag": True}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Parameter 'Uri' is undefined"),
        ({"Uri": "u", "Job": "1"}, "Unknown parameter 'Job'; did you mean 'Jobs'?"),
        ({"Uri": "u", "Jobs": "1.5"}, "Expected Integer but found '1.5'"),
        ({"Uri": "u", "Jobs": "1_0"}, "Expected Integer but found '1_0'"),
        ({"Uri": "u", "Rate": "nan"}, "Expected Float but found 'nan'"),
        ({"Uri": "u", "Rate": "fast"}, "Expected Float but found 'fast'"),
        ({"Uri": "u", "Flag": "yes"}, "Expected Boolean but found 'yes'"),
        ({"Uri": ""}, "too short (length: 0, required minimum: 1)"),
        ({"Uri": "u", "Approval": "C"}, "Parameter 'Approval' is 'C'; allowed are A, B"),
    ],
)
def test_a_wrong_value_at_start_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as caught:
        resolve_parameters(PARAMETERS, given_values(**values))
    assert message in str(caught.value)


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        resolve_parameters(PARAMETERS, given_values(Jobs="x", Rate="y"))
    assert all(name in str(caught.value) for name in ("Uri", "Jobs", "Rate"))


@given(
    texts=st.dictionaries(st.sampled_from(["Uri", "Approval", "Jobs", "Rate", "Flag"]), st.text())
)
def test_any_text_is_a_typed_value_or_refused(texts: dict[str, str]) -> None:
    try:
        values = resolve_parameters(PARAMETERS, given_values(**texts))
    except Refused:
        return
    assert isinstance(values["Jobs"], int)
    assert isinstance(values["Rate"], float)


def test_images_are_found_in_branches_and_behind_parameters() -> None:
    training = {"AlgorithmSpecification": {"TrainingImage": {"Get": "Parameters.Image"}}}
    processing = {"AppSpecification": {"ImageUri": "two"}}
    nested = {"Name": "P", "Type": "Processing", "Arguments": processing}
    later = {"AppSpecification": {"ImageUri": {"Get": "Steps.P.AppSpecification.ImageUri"}}}
    branches = {"Conditions": [], "IfSteps": [nested], "ElseSteps": []}
    found = definition(
        {"Name": "T", "Type": "Training", "Arguments": training},
        {"Name": "C", "Type": "Condition", "Arguments": branches},
        {"Name": "Q", "Type": "Processing", "Arguments": later},
    )
    assert image_uris(found, {"Image": "one"}, None) == ["one", "two"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("Training", {"AlgorithmSpecification": {"TrainingImage": "i"}}),
        ("Tuning", {"TrainingJobDefinition": {"AlgorithmSpecification": {"TrainingImage": "i"}}}),
        (
            "Tuning",
            {"TrainingJobDefinitions": [{"AlgorithmSpecification": {"TrainingImage": "i"}}]},
        ),
        ("Processing", {"AppSpecification": {"ImageUri": "i"}}),
        ("Model", {"PrimaryContainer": {"Image": "i"}}),
        ("Model", {"Containers": [{}, {"Image": "i"}]}),
    ],
)
def test_images_are_found_wherever_a_request_may_name_them(
    kind: str, arguments: dict[str, Any]
) -> None:
    found = definition({"Name": "S", "Type": kind, "Arguments": arguments})
    assert image_uris(found, {}, None) == ["i"]  # type: ignore[arg-type]


def test_step_types_that_do_not_run_here_are_named() -> None:
    found = unsupported_types(definition({"Name": "E", "Type": "EMR", "Arguments": {}}), ["Fail"])
    assert found == [
        "Step 'E' has the type EMR, which the local runtime does not run; it runs Fail."
    ]


CHAIN = definition(
    *(
        {"Name": name, "Type": "Training", "Arguments": {}, "DependsOn": after}
        for name, after in [("A", []), ("B", ["A"]), ("C", ["B"]), ("D", ["C"])]
    )
)


def test_a_selection_needs_the_results_right_before_it() -> None:
    assert check_selection(CHAIN, ["B", "C"]) == ["A"]
    assert check_selection(CHAIN, ["A"]) == []


@pytest.mark.parametrize(
    ("selected", "message"), [(["A", "C"], "connected through ['B']"), (["X"], "do not exist")]
)
def test_a_selection_with_a_hole_is_refused(selected: list[str], message: str) -> None:
    with pytest.raises(Refused) as caught:
        check_selection(CHAIN, selected)
    assert message in str(caught.value)
