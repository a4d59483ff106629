"""What happened, joined with the definition; the graph and the arguments made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runtime.expressions import Scope
from runtime.storage.memory_records import MemoryRecords
from runtime.ui.arguments import referring, written
from runtime.ui.conditions import in_words
from runtime.ui.graph import draw
from runtime.ui.jobs import locations
from runtime.ui.remedies import remedy
from runtime.ui.steps import Step, join, read

TEXT = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Rate", "Type": "Float", "DefaultValue": 0.5}],
        "Steps": [
            {
                "Name": "Train",
                "Type": "Training",
                "Arguments": {
                    "HyperParameters": {
                        "eta": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Rate"}]}}
                    }
                },
            },
            {
                "Name": "Check",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "LessThan",
                            "LeftValue": {"Get": "Steps.Train.FinalMetricDataList['rmse'].Value"},
                            "RightValue": 3,
                        }
                    ],
                    "IfSteps": [
                        {"Name": "Good", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
                    ],
                    "ElseSteps": [
                        {"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
                    ],
                },
            },
        ],
    }
)


def record(name: str, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    end = {} if status == "Executing" else {"EndTime": 12.5}
    return {"StepName": name, "StepStatus": status, "StartTime": 10.0, **end, **more}


def steps(*records: dict[str, Any], finished: bool = True) -> dict[str, Step]:
    return {step.name: step for step in join(read(TEXT), records, finished=finished)}


def test_what_has_no_record_waits_or_did_not_run() -> None:
    assert steps()["Train"].status == "Not run"
    assert steps(finished=False)["Train"].status == "Waiting"


def test_work_of_another_execution_is_told_apart() -> None:
    source = {"SourcePipelineExecutionArn": "arn:x"}
    found = steps(
        record("Train", CacheHitResult=source), record("Check", SelectiveExecutionResult=source)
    )
    assert [(found[name].status, found[name].source) for name in ("Train", "Check")] == [
        ("Cached", "arn:x"),
        ("Reused", "arn:x"),
    ]


def test_the_children_of_a_loop_follow_it_in_order() -> None:
    text = json.dumps(
        {
            "Version": "2020-12-01",
            "Steps": [
                {
                    "Name": "Each",
                    "Type": "ForEach",
                    "Arguments": {
                        "IterableItems": [1, 2],
                        "MaxConcurrency": 1,
                        "ForEachBody": [{"Name": "One", "Type": "Training", "Arguments": {}}],
                    },
                }
            ],
        }
    )
    records = [
        record(
            f"One-{index}",
            IterationContext={"ParentStepName": "Each", "Index": index, "Item": f"{index}"},
        )
        for index in (10, 9)
    ]
    found = join(read(text), [record("Each"), *records], finished=True)
    assert [(step.name, step.type, step.parent) for step in found] == [
        ("Each", "ForEach", ""),
        ("One-9", "Training", "Each"),
        ("One-10", "Training", "Each"),
    ]


def test_a_graph_shows_what_happened_and_which_branch_was_taken() -> None:
    happened = steps(
        record("Train"),
        record("Check", Metadata={"Condition": {"Outcome": "True"}}),
        record("Good", "Failed"),
    )
    drawn = draw(TEXT, list(happened.values()))
    nodes = {node.name: node for node in drawn.nodes}
    assert {name: node.tone for name, node in nodes.items()} == {
        "Train": "good",
        "Check": "good",
        "Good": "bad",
        "Bad": "idle",
    }
    assert nodes["Train"].spoken == "Train, Training: Succeeded, 2.5 s"
    assert nodes["Check"].note == "true"
    assert {label.text: label.state for label in drawn.labels} == {
        "true": "taken",
        "false": "untaken",
    }


def test_the_graph_of_a_definition_shows_no_status() -> None:
    drawn = draw(TEXT)
    assert {node.tone for node in drawn.nodes} == {"plain"}
    assert {line.state for line in drawn.lines} == {"plain"}


def test_arguments_show_the_value_of_the_job_else_of_the_reference() -> None:
    definition = read(TEXT)
    scope = Scope(definition, MemoryRecords(), {"Rate": 0.5})  # type: ignore[arg-type]
    train = definition.step("Train")
    described = {"HyperParameters": {"eta": "0.25"}}
    assert [(a.value, a.parameters) for a in referring(train, described, scope)] == [
        ("0.25", ("Rate",))
    ]
    assert [a.value for a in referring(train, {}, scope)] == ["0.5"]
    [argument] = referring(definition.step("Check"), {}, scope)
    assert (argument.path, argument.known, argument.steps) == (
        "Conditions.0.LeftValue",
        False,
        ("Train",),
    )


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ({"Get": "Parameters.Rate"}, "Parameters.Rate"),
        (
            {"Std:Join": {"On": "/", "Values": ["a", {"Get": "Execution.PipelineName"}]}},
            'join("a", Execution.PipelineName; on "/")',
        ),
        (
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.S.PropertyFiles.F"}, "Path": "a.b"}},
            "S / F → a.b",
        ),
        ({"Std:JsonGet": {"Path": 3}}, "{'Std:JsonGet': {'Path': 3}}"),
    ],
)
def test_expressions_read_like_sentences(expression: object, text: str) -> None:
    assert written(expression) == text


def test_uris_are_told_apart_by_what_they_are_for() -> None:
    inputs, outputs = locations(
        {
            "InputDataConfig": [
                {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/in"}}}
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/out/model.tar.gz"},
            "Environment": {"PLACE": "s3://b/private"},
        }
    )
    assert [(each.label, each.uri) for each in inputs] == [("train", "s3://b/in")]
    assert [each.label for each in outputs] == ["S3OutputPath", "S3ModelArtifacts"]


@pytest.mark.parametrize(
    ("kind", "reason", "word"),
    [
        ("Processing", "ClientError: AlgorithmError: , exit code: 1", "script"),
        ("Training", "ClientError: Data download failed: NoSuchKey", "inputs"),
        ("Training", "InternalServerError: interrupted", "Retry"),
        ("Fail", "anything", "Fail step"),
        ("Training", "never seen before", "run from here"),
    ],
)
def test_every_failure_gets_advice(kind: str, reason: str, word: str) -> None:
    assert word in remedy(kind, reason)


def test_conditions_are_told_with_the_values_that_decided() -> None:
    properties = {"Train": {"FinalMetricDataList": [{"MetricName": "rmse", "Value": 29261.9}]}}
    definition = read(TEXT)
    scope = Scope(definition, MemoryRecords(), properties=properties)  # type: ignore[arg-type]
    conditions = [
        *definition.step("Check").arguments["Conditions"],
        {"Type": "In", "QueryValue": "a", "Values": ["a", "b"]},
        {"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": True, "RightValue": True}},
        {
            "Type": "Or",
            "Conditions": [
                {"Type": "LessThanOrEqualTo", "LeftValue": 2, "RightValue": 1},
                {"Type": "GreaterThan", "LeftValue": 2, "RightValue": 1},
            ],
        },
        {"Type": "Equals", "LeftValue": {"Get": "Steps.Gone.X"}, "RightValue": 1},
        {"Type": "Strange"},
    ]
    assert list(in_words(conditions, scope)) == [
        ("29,262 < 3", "no"),
        ("a is one of a, b", "yes"),
        ("not (True = True)", "no"),
        ("2 ≤ 1 or 2 > 1", "yes"),
        ("? = 1", "not known"),
        ("Strange", "not known"),
    ]
