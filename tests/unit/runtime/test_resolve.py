"""Expressions and conditions against what is known when a step starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import parse
from runtime.conditions import ConditionError, evaluate, evaluate_all
from runtime.expressions import Scope, Unresolved, resolve
from runtime.storage._base import Objects
from runtime.storage.open import open_storage

DEFINITION = parse(
    {
        "Version": "2020-12-01",
        "Steps": [
            {
                "Name": "Evaluate",
                "Type": "Processing",
                "Arguments": {},
                "PropertyFiles": [
                    {"PropertyFileName": "Report", "OutputName": "evaluation", "FilePath": "r.json"}
                ],
            }
        ],
    }
)
OUTPUTS = [
    {"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}},
    {"OutputName": "evaluation", "S3Output": {"S3Uri": "s3://bucket/x/evaluation"}},
]
PROPERTIES: dict[str, Any] = {
    "Evaluate": {"ProcessingOutputConfig": {"Outputs": OUTPUTS}},
    "Train": {
        "FinalMetricDataList": [{"MetricName": "validation:rmse", "Value": 2.5}],
        "HyperParameters": {"eta.0": "0.1"},
    },
    "Check": {"Outcome": True},
}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    storage = open_storage(tmp_path)
    storage.objects.create_bucket("bucket")
    return storage.objects


@pytest.fixture
def scope(objects: Objects) -> Scope:
    parameters = {"Count": 5, "Rate": 0.5, "Flag": True, "Name": "x"}
    variables = {"PipelineExecutionId": "abc123"}
    return Scope(DEFINITION, objects, parameters, variables, {}, PROPERTIES)


def put(objects: Objects, text: str, tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text(text)
    objects.put("bucket", "x/evaluation/r.json", path)


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def report(path: str) -> dict[str, Any]:
    return {
        "Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.PropertyFiles.Report"), "Path": path}
    }


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (get("Parameters.Count"), 5),
        (get("Parameters.Flag"), True),
        (get("Execution.PipelineExecutionId"), "abc123"),
        (get("Steps.Train.FinalMetricDataList['validation:rmse'].Value"), 2.5),
        (get("Steps.Train.FinalMetricDataList[0].MetricName"), "validation:rmse"),
        (get("Steps.Train.HyperParameters['eta.0']"), "0.1"),
        (
            get("Steps.Evaluate.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"),
            "s3://b/train",
        ),
        (get("Steps.Check.Outcome"), True),
        ({"a": [get("Parameters.Count"), {"b": "c"}]}, {"a": [5, {"b": "c"}]}),
    ],
)
def test_values_keep_their_types(expression: Any, value: Any, scope: Scope) -> None:
    resolved = resolve(expression, scope)
    assert resolved == value
    assert type(resolved) is type(value)


def test_join_writes_integers_booleans_and_floats_as_the_service_does(scope: Scope) -> None:
    values = [get(f"Parameters.{name}") for name in ("Count", "Flag", "Rate", "Name")]
    inner = {"Std:Join": {"On": "", "Values": ["a", 1e-05, False]}}
    joined = resolve({"Std:Join": {"On": "/", "Values": [*values, inner]}}, scope)
    assert joined == "5/true/0.5/x/a1e-05false"


@pytest.mark.parametrize(
    "path",
    [
        "Parameters.Missing",
        "Steps.Never.X",
        "Steps.Train.FinalMetricDataList['other'].Value",
        "Steps.Train.FinalMetricDataList[3].Value",
        "Execution.TrainingJobName",
    ],
)
def test_a_reference_without_a_value_is_named(path: str, scope: Scope) -> None:
    with pytest.raises(Unresolved) as caught:
        resolve(get(path), scope)
    assert str(caught.value) == f"{get(path)} is undefined."


def test_a_property_file_is_read_from_the_output_of_its_step(
    scope: Scope, objects: Objects, tmp_path: Path
) -> None:
    put(objects, '{"metrics": {"rmse": [{"value": 2.5}], "ok": true}}', tmp_path)
    assert resolve(report("metrics.rmse[0].value"), scope) == 2.5
    assert resolve(report("$.metrics['ok']"), scope) is True


def test_an_s3_uri_may_be_joined_from_other_values(
    scope: Scope, objects: Objects, tmp_path: Path
) -> None:
    put(objects, '{"a": "b"}', tmp_path)
    uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "bucket", "x/evaluation", "r.json"]}}
    assert resolve({"Std:JsonGet": {"S3Uri": uri, "Path": "a"}}, scope) == "b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            None,
            "Received an error while reading file s3://bucket/x/evaluation/r.json from S3: NoSuchKey",
        ),
        ("{", "Contents of file s3://bucket/x/evaluation/r.json are not in valid JSON format."),
        ("{}", "Invalid json path 'a.b'"),
    ],
)
def test_a_property_file_that_cannot_be_used_says_why(
    content: str | None, message: str, scope: Scope, objects: Objects, tmp_path: Path
) -> None:
    if content is not None:
        put(objects, content, tmp_path)
    with pytest.raises(Unresolved) as caught:
        resolve(report("a.b"), scope)
    assert str(caught.value).startswith(message)


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", 1, 1.0), True),
        (compare("Equals", get("Parameters.Flag"), True), True),
        (compare("NotEquals", "a", "b"), True),
        (
            compare("LessThan", get("Steps.Train.FinalMetricDataList['validation:rmse'].Value"), 3),
            True,
        ),
        (compare("LessThanOrEqualTo", 3, 3), True),
        (compare("GreaterThan", "b", "a"), True),
        (compare("GreaterThanOrEqualTo", 1, 2), False),
        ({"Type": "In", "QueryValue": "x", "Values": ["y", get("Parameters.Name")]}, True),
        ({"Type": "In", "QueryValue": "1", "Values": [1, True]}, False),
        ({"Type": "NotIn", "QueryValue": "1", "Values": [1]}, True),
        ({"Type": "Not", "Condition": compare("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
    ],
)
def test_conditions_of_every_type(condition: Any, outcome: bool, scope: Scope) -> None:
    assert evaluate(condition, scope) is outcome


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (compare("Equals", "1", 1), "not of the same type"),
        (compare("Equals", True, 1), "not of the same type"),
        (
            compare("LessThan", "1", 1),
            "[LessThan] not supported between '1' (string) and 1 (number)",
        ),
        (compare("GreaterThan", True, False), "not supported"),
        (compare("Like", 1, 1), "known: GreaterThan"),
        ({"Type": "Not", "Expression": {}}, "has no 'Condition'"),
        (compare("Equals", get("Parameters.Missing"), 1), "is undefined."),
    ],
)
def test_conditions_that_make_no_sense_say_so(condition: Any, message: str, scope: Scope) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate(condition, scope)
    assert message in str(caught.value)


def test_a_mistake_in_a_later_condition_shows_although_the_first_decides(scope: Scope) -> None:
    with pytest.raises(ConditionError):
        evaluate_all([compare("Equals", 1, 2), compare("Equals", 1, "1")], scope)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    value=JSON | st.fixed_dictionaries({"Get": JSON}) | st.fixed_dictionaries({"Std:Join": JSON})
)
def test_any_document_resolves_or_names_its_mistake(value: Any) -> None:
    try:
        resolve(value, Scope(DEFINITION, objects=None))  # type: ignore[arg-type]
    except Unresolved as error:
        assert str(error)
