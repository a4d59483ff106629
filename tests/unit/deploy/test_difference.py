from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.difference import Change, differences

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
