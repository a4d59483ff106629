from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.readable import named, readable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["Type", "Condition", "Conditions", "LeftValue", "Get", "Std:Join", "Values"]
        ),
        inner,
    ),
    max_leaves=12,
)
RMSE = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.E.PropertyFiles.R"}, "Path": "a.b"}}
LESS = {"Type": "LessThan", "LeftValue": RMSE, "RightValue": {"Get": "Parameters.Limit"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (LESS, "E/R:a.b < Parameters.Limit"),
        ({"Type": "Not", "Condition": LESS}, "not (E/R:a.b < Parameters.Limit)"),
        (
            {"Type": "Or", "Conditions": [LESS, {**LESS, "Type": "Equals", "RightValue": 0.5}]},
            "(E/R:a.b < Parameters.Limit) or (E/R:a.b = 0.5)",
        ),
        (
            {"Type": "In", "QueryValue": {"Get": "Parameters.P"}, "Values": ["a", 1]},
            'Parameters.P in ["a", 1]',
        ),
        ({"Type": "String", "DefaultValue": "a"}, '{"Type": "String", "DefaultValue": "a"}'),
        ("text", "text"),
        (None, "null"),
    ],
)
def test_conditions_read_like_conditions_and_the_rest_like_json(value, text):
    assert readable(value) == text


@given(JSON)
def test_any_value_is_one_line(value):
    text = readable(value, 40)
    assert "\n" not in text
    assert len(text) <= 40


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        (
            "Steps.T.A.ParameterRanges.IntegerParameterRanges.d.MaxValue",
            "range",
            "Steps.T range d.MaxValue",
        ),
        ("HyperParameters.eta", "hyperparameter", "hyperparameter eta"),
        ("Steps.T.InputDataConfig.train.S3Uri", "channel", "Steps.T channel train.S3Uri"),
        (
            "Steps.T.TrainingJobDefinitions[0].StaticHyperParameters.x",
            "hyperparameter",
            "Steps.T.TrainingJobDefinitions[0].StaticHyperParameters.x",
        ),
        ("Parameters.P.Type", "parameter", "Parameters.P.Type"),
    ],
)
def test_what_has_a_name_needs_no_path(path, kind, text):
    assert named(path, kind) == text
