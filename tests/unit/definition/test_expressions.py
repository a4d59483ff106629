from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import (
    ExecutionReference,
    Get,
    Join,
    JsonGet,
    Key,
    ParameterReference,
    StepReference,
    parse_expression,
    parse_json_path,
    parse_path,
    parse_reference,
    references,
    walk,
)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("ModelArtifacts.S3ModelArtifacts", ("ModelArtifacts", "S3ModelArtifacts")),
        (
            "FinalMetricDataList['validation:rmse'].Value",
            ("FinalMetricDataList", Key("validation:rmse"), "Value"),
        ),
        ("TrainingJobSummaries[0].TrainingJobName", ("TrainingJobSummaries", 0, "TrainingJobName")),
        ("Outputs['a.b'].S3Uri", ("Outputs", Key("a.b"), "S3Uri")),
        ("A[0][1]['k']", ("A", 0, 1, Key("k"))),
        ("", ()),
    ],
)
def test_a_property_path_is_split_into_its_segments(
    text: str, segments: tuple[object, ...]
) -> None:
    assert parse_path(text) == segments


@pytest.mark.parametrize(
    "text", ["A..B", "A.", ".A", "A[", "A['k", "A[x]", "A B", "A[0]B", "A[-1]"]
)
def test_a_malformed_path_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="property path"):
        parse_path(text)


def test_a_json_path_may_start_with_a_dollar_sign() -> None:
    assert parse_json_path("$.a.b[0]") == parse_json_path("a.b[0]") == ("a", "b", 0)
    assert parse_json_path("$['a b']") == (Key("a b"),)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("Parameters.Seed", ParameterReference("Seed")),
        ("Execution.PipelineName", ExecutionReference("PipelineName")),
        ("Steps.Train.TrainingJobName", StepReference("Train", ("TrainingJobName",))),
    ],
)
def test_references_name_their_source(text: str, reference: object) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["", "Seed", "Parameters", "Parameters.", "Step.X.Y", 5, None])
def test_what_is_no_reference_is_refused(text: object) -> None:
    with pytest.raises(ExpressionError):
        parse_reference(text)


def test_functions_are_read() -> None:
    get = {"Get": "Steps.E.PropertyFiles.Report"}
    assert parse_expression(get) == Get(StepReference("E", ("PropertyFiles", "Report")))
    assert parse_expression({"Std:Join": {"On": "/", "Values": ["a", get]}}) == Join(
        "/", ("a", get)
    )
    assert parse_expression({"Std:JsonGet": {"PropertyFile": get, "Path": "a.b"}}) == JsonGet(
        Get(StepReference("E", ("PropertyFiles", "Report"))), "a.b"
    )
    assert parse_expression({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}}) == JsonGet(
        "s3://b/k", "a", from_s3=True
    )


@pytest.mark.parametrize("value", ["text", 5, None, [], {}, {"A": 1, "Get": "Parameters.X"}])
def test_a_literal_is_no_expression(value: object) -> None:
    assert parse_expression(value) is None


@pytest.mark.parametrize(
    "value",
    [
        {"Std:Join": []},
        {"Std:Join": {"On": "/"}},
        {"Std:Join": {"On": 1, "Values": []}},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.E.PropertyFiles.R"}}},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.E.Outcome"}, "Path": "a"}},
        {
            "Std:JsonGet": {
                "PropertyFile": {"Get": "Steps.E.PropertyFiles.R"},
                "Path": {"Get": "Parameters.P"},
            }
        },
        {"Std:JsonGet": {"Path": "a"}},
    ],
)
def test_a_malformed_function_is_refused(value: object) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(value)


def test_references_are_found_at_any_depth_with_their_place() -> None:
    value = {"a/b": [{"Std:Join": {"On": "", "Values": ["x", {"Get": "Parameters.P"}]}}]}
    assert list(references(walk(value, "/Steps/0"))) == [
        ("/Steps/0/a~1b/0/Std:Join/Values/1", ParameterReference("P"))
    ]


@given(st.text(alphabet="AB.[]'0 1:_-$\"\\", max_size=30))
def test_any_path_is_read_or_refused(text: str) -> None:
    for parse in (parse_path, parse_json_path, parse_reference):
        try:
            parse(text)
        except ExpressionError as error:
            assert text in str(error) or text.lstrip("$.") in str(error)
