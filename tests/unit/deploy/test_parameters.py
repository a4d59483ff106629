from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import parse
from pipelines.deploy import parameters
from pipelines.deploy.errors import UsageError

DEFINITION = parse(
    {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "Text", "Type": "String", "DefaultValue": "x"},
            {
                "Name": "Loss",
                "Type": "String",
                "DefaultValue": "a",
                "EnumValues": ["a", "absolute"],
            },
            {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
            {"Name": "Rate", "Type": "Float", "DefaultValue": 1.0},
            {"Name": "Fast", "Type": "Boolean", "DefaultValue": True},
        ],
        "Steps": [],
    }
)


def problem(**values):
    with pytest.raises(UsageError) as error:
        parameters.check("tiny", DEFINITION, values)
    return str(error.value)


def test_the_value_may_contain_equal_signs():
    assert parameters.read(["A=1", "B=x=y", "C="]) == {"A": "1", "B": "x=y", "C": ""}


def test_every_text_that_is_no_assignment_is_named():
    with pytest.raises(UsageError) as error:
        parameters.read(["A", "=1", "B=1", "B=2"])
    assert "'A' is not NAME=VALUE" in str(error.value)
    assert "'=1' is not NAME=VALUE" in str(error.value)
    assert "'B' is given twice" in str(error.value)


def test_values_of_the_right_type_pass():
    values = {"Text": "y", "Loss": "absolute", "Count": "-3", "Rate": "1e-3", "Fast": "True"}
    parameters.check("tiny", DEFINITION, values)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("Text", "", "a text of 1 to 1024 characters"),
        ("Text", "x" * 1025, "a text of 1 to 1024 characters"),
        ("Count", "1.5", "a whole number"),
        ("Count", "٣", "a whole number"),
        ("Rate", "fast", "a number"),
        ("Rate", "nan", "a number"),
        ("Rate", "inf", "a number"),
        ("Rate", "1e999", "a number"),
        ("Rate", "1_0", "a number"),
        ("Rate", " 1", "a number"),
        ("Rate", "١", "a number"),
        ("Fast", "yes", "true or false"),
        ("Loss", "absolut", "one of a, absolute but got 'absolut'; did you mean 'absolute'?"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(name, value, allowed):
    assert f"'{name}' must be {allowed}" in problem(**{name: value})


@pytest.mark.parametrize("value", ["1", "-.5", "+1.", "1E-3", "0"])
def test_every_way_to_write_a_number_passes(value):
    parameters.check("tiny", DEFINITION, {"Rate": value})


def test_a_long_value_is_not_repeated_whole():
    assert len(problem(Text="x" * 2000)) < 200


def test_an_unknown_name_offers_the_near_miss():
    assert "no parameter 'Cout'; did you mean 'Count'?" in problem(Cout="1")


def test_a_parameter_without_default_must_be_given():
    required = {"Name": "Uri", "Type": "String"}
    definition = parse({"Version": "2020-12-01", "Parameters": [required], "Steps": []})
    with pytest.raises(UsageError, match="'Uri' has no default; give --param Uri=VALUE"):
        parameters.check("tiny", definition, {})


@given(st.lists(st.text()))
def test_any_texts_are_read_or_refused(texts):
    try:
        values = parameters.read(texts)
    except UsageError:
        return
    assert [f"{name}={value}" for name, value in values.items()] == texts
