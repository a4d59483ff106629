from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.difference import Change, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def compare(before, after):
    return differences(json.dumps(before), json.dumps(after))


def test_steps_are_matched_by_name_and_changes_named_by_path():
    before = {"Steps": [{"Name": "A", "Arguments": {"x": 1}}, {"Name": "B"}]}
    after = {"Steps": [{"Name": "C"}, {"Name": "A", "Arguments": {"x": 2}}]}
    assert compare(before, after) == (
        Change("+", "Steps.C", after={"Name": "C"}),
        Change("~", "Steps.A.Arguments.x", 1, 2),
        Change("-", "Steps.B", before={"Name": "B"}),
    )


def test_what_differs_in_a_list_of_the_same_length_is_named_by_its_place():
    before, after = {"Values": ["s3://a", {"Get": "X"}]}, {"Values": ["s3://b", {"Get": "X"}]}
    assert compare(before, after) == (Change("~", "Values[0]", "s3://a", "s3://b"),)
    assert compare({"x": [1]}, {"x": [1, 2]}) == (Change("~", "x", [1], [1, 2]),)


def test_a_text_nested_beyond_reading_is_not_this_definition():
    [change] = differences("[" * 100_000, "{}")
    assert change.before == "not JSON"


STEP = {"Name": "A", "Type": "Training", "Arguments": {}}


def gate(*, yes=(), no=(), conditions=()):
    arguments = {"Conditions": list(conditions), "IfSteps": list(yes), "ElseSteps": list(no)}
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments}


def equals(left, right=1):
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"Steps": [STEP, gate()]}, {"Steps": [gate(), STEP]}),
        (
            {"Steps": [gate(yes=[STEP, {**STEP, "Name": "B"}])]},
            {"Steps": [gate(yes=[{**STEP, "Name": "B"}, STEP])]},
        ),
        (
            {"Steps": [gate(conditions=[equals(1), equals(2)])]},
            {"Steps": [gate(conditions=[equals(2), equals(1)])]},
        ),
        (
            {"Steps": [{**STEP, "DependsOn": ["X", {"Step": "Y", "Trigger": "Any"}]}]},
            {"Steps": [{**STEP, "DependsOn": [{"Trigger": "Any", "Step": "Y"}, "X"]}]},
        ),
        (
            {"Parameters": [{"Name": "P", "EnumValues": ["a", "b"]}, {"Name": "Q"}]},
            {"Parameters": [{"Name": "Q"}, {"Name": "P", "EnumValues": ["b", "a"]}]},
        ),
        ({"Parameters": [], "Metadata": {}, "Steps": [STEP]}, {"Steps": [STEP]}),
        ({"Steps": [{**STEP, "DependsOn": []}]}, {"Steps": [STEP]}),
        ({"x": 1}, {"x": 1.0}),
    ],
)
def test_what_says_the_same_is_no_change(before, after):
    assert compare(before, after) == ()
    assert compare(after, before) == ()


def of_step(**arguments):
    return {"Steps": [{"Name": "A", "Type": "Training", "Arguments": arguments}]}


@pytest.mark.parametrize(
    ("before", "after", "kind", "sign", "path"),
    [
        (
            {"Parameters": []},
            {"Parameters": [{"Name": "P"}]},
            *("parameter", "+", "Parameters"),
        ),
        (
            {"Parameters": [{"Name": "P", "Type": "String"}, {"Name": "Q"}]},
            {"Parameters": [{"Name": "P", "Type": "Integer"}, {"Name": "Q"}]},
            *("parameter", "~", "Parameters.P.Type"),
        ),
        ({"Steps": [STEP, gate()]}, {"Steps": [STEP]}, "step", "-", "Steps.Gate"),
        (
            of_step(HyperParameters={"eta": "0.1"}),
            of_step(HyperParameters={"eta": "0.2"}),
            *("hyperparameter", "~", "Steps.A.Arguments.HyperParameters.eta"),
        ),
        (
            of_step(InputDataConfig=[{"ChannelName": "train"}]),
            of_step(InputDataConfig=[{"ChannelName": "test"}, {"ChannelName": "train"}]),
            *("channel", "+", "Steps.A.Arguments.InputDataConfig.test"),
        ),
        (
            of_step(R={"IntegerParameterRanges": [{"Name": "depth", "MaxValue": "3"}]}),
            of_step(R={"IntegerParameterRanges": [{"Name": "depth", "MaxValue": "4"}]}),
            *("range", "~", "Steps.A.Arguments.R.IntegerParameterRanges.depth.MaxValue"),
        ),
        (
            {"Steps": [gate(conditions=[equals(1), equals(3)])]},
            {"Steps": [gate(conditions=[equals(3), equals(2)])]},
            *("condition", "~", "Steps.Gate.Arguments.Conditions"),
        ),
        (
            {"Steps": [gate(conditions=[equals(1)])]},
            {"Steps": [gate(conditions=[equals(1), equals(2)])]},
            *("condition", "+", "Steps.Gate.Arguments.Conditions"),
        ),
        (
            {"Steps": [{**STEP, "DependsOn": ["X"]}]},
            {"Steps": [{**STEP, "DependsOn": ["X", "Y"]}]},
            *("edge", "+", "Steps.A.DependsOn.Y"),
        ),
        (
            {"Steps": [gate(yes=[STEP])]},
            {"Steps": [gate(no=[STEP])]},
            *("edge", "~", "Steps.A.Branch"),
        ),
        (of_step(RoleArn="a"), of_step(RoleArn="b"), "role", "~", "Steps.A.Arguments.RoleArn"),
        (
            of_step(Tags=[{"Key": "k", "Value": "1"}]),
            of_step(Tags=[{"Key": "k", "Value": "2"}]),
            *("tag", "~", "Steps.A.Arguments.Tags.k.Value"),
        ),
        (
            of_step(Uri=f"s3://b/{'1' * 64}/run.py"),
            of_step(Uri=f"s3://b/{'2' * 64}/run.py"),
            *("asset", "~", "Steps.A.Arguments.Uri"),
        ),
    ],
)
def test_every_kind_of_change_is_named(before, after, kind, sign, path):
    [change] = compare(before, after)
    assert (change.kind, change.sign) == (kind, sign)
    assert change.path.startswith(path)


def test_steps_that_are_not_named_uniquely_are_compared_by_position():
    before, after = [STEP, STEP], [STEP, {**STEP, "Type": "Fail"}]
    assert compare({"Steps": before}, {"Steps": after}) == (
        Change("~", "Steps[1].Type", "Training", "Fail"),
    )


@given(st.dictionaries(st.sampled_from(["Steps", "Parameters", "Metadata", "x"]), JSON))
def test_any_two_documents_can_be_compared_and_differ_from_nothing_else(document):
    changed = {**document, "y": 1}
    assert compare(document, changed) == (Change("+", "y", None, 1),)


def test_true_is_not_one():
    assert compare({"x": True}, {"x": 1}) == (Change("~", "x", True, 1),)


def test_the_order_of_anonymous_lists_counts():
    assert compare({"x": ["a", "b"]}, {"x": ["b", "a"]}) != ()


@given(st.dictionaries(st.text(), JSON))
def test_a_document_does_not_differ_from_itself(document):
    assert differences(json.dumps(document, indent=3, sort_keys=True), json.dumps(document)) == ()


@given(st.text(), st.dictionaries(st.text(), JSON))
def test_any_deployed_text_can_be_compared(before, after):
    differences(before, json.dumps(after))
