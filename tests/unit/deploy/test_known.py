from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.known import KnownValues, members

OUTPUT = "ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"


def known(*steps, parameters=()):
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return KnownValues(parse(document))


def get(reference):
    return {"Get": reference}


def join(*values, on="/"):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def prepare(uri):
    outputs = [
        {"OutputName": "test", "S3Output": {"S3Uri": "s3://b/wrong"}},
        {"OutputName": "train", "S3Output": {"S3Uri": uri}},
    ]
    arguments = {"ProcessingOutputConfig": {"Outputs": outputs}}
    return {"Name": "Prepare", "Type": "Processing", "Arguments": arguments}


def train(path):
    arguments = {"OutputDataConfig": {"S3OutputPath": path}, "HyperParameters": {"eta": "0.1"}}
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


PARAMETERS = (
    {"Name": "Uri", "Type": "String", "DefaultValue": "s3://b/k"},
    {"Name": "Count", "Type": "Integer", "DefaultValue": 3},
    {"Name": "Flag", "Type": "Boolean", "DefaultValue": True},
    {"Name": "Later", "Type": "String"},
)
EXECUTION = join("s3://b/p", get("Execution.PipelineExecutionId"), "train")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("s3://b/k", "s3://b/k"),
        (7, "7"),
        (True, "true"),
        (None, "*"),
        (["a"], "*"),
        (get("Parameters.Uri"), "s3://b/k"),
        (get("Parameters.Later"), "*"),
        (get("Parameters.Nobody"), "*"),
        (join("n", get("Parameters.Count"), get("Parameters.Flag"), on="-"), "n-3-true"),
        (get("Execution.PipelineName"), "*"),
        (EXECUTION, "s3://b/p/*/train"),
        (get(f"Steps.Prepare.{OUTPUT}"), "s3://b/p/*/train"),
        (get("Steps.Prepare.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"), "s3://b/wrong"),
        (get("Steps.Prepare.ProcessingOutputConfig.Outputs[9].S3Output.S3Uri"), "*"),
        (get("Steps.Train.ModelArtifacts.S3ModelArtifacts"), "s3://b/k/*/output/model.tar.gz"),
        (get("Steps.Train.HyperParameters['eta']"), "0.1"),
        (get("Steps.Train.TrainingJobName"), "*"),
        (get("Steps.Nobody.ModelName"), "*"),
        ({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}}, "*"),
        ({"Get": 3}, "*"),
    ],
)
def test_what_is_known_before_the_start_is_text_and_the_rest_a_star(value, text):
    read = known(prepare(EXECUTION), train(get("Parameters.Uri")), parameters=PARAMETERS)
    assert read.text(value) == text


def test_steps_that_take_their_values_from_each_other_have_none():
    there = get(f"Steps.Prepare.{OUTPUT}")
    assert known(prepare(there)).text(there) == "*"


def test_values_that_double_at_each_step_end_as_unknown():
    reference = get("Steps.S0.X")
    steps = [
        {
            "Name": f"S{number}",
            "Type": "Training",
            "Arguments": {"X": join(get(f"Steps.S{number + 1}.X"), get(f"Steps.S{number + 1}.X"))},
        }
        for number in range(30)
    ]
    steps.append({"Name": "S30", "Type": "Training", "Arguments": {"X": "x"}})
    assert len(known(*steps).text(reference)) < 5000


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, 2),
        ("4", 4),
        (get("Parameters.Count"), 3),
        (get("Parameters.Later"), 1),
        (-1, 1),
        ("²", 1),
    ],
)
def test_a_count_that_is_not_known_is_what_the_caller_says(value, number):
    assert known(parameters=PARAMETERS).number(value, 1) == number


def test_members_are_found_in_lists_and_expressions_are_not_entered():
    document = {"a": [{"b": 1}], "c": {"Get": "Parameters.Uri"}}
    assert sorted(members(document), key=lambda pair: pair[0]) == [
        (("a",), [{"b": 1}]),
        (("a", "b"), 1),
        (("c",), {"Get": "Parameters.Uri"}),
    ]
