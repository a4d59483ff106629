from __future__ import annotations

import json

import pytest

from pipelines.deploy.corrections import correct

PARAMETERS = [
    {"Name": "Rate", "Type": "Float", "DefaultValue": 0.1},
    {"Name": "Count", "Type": "Integer"},
    {"Name": "Flag", "Type": "Boolean"},
    {"Name": "Loss", "Type": "String"},
]


def corrected(step_type, arguments, *others):
    document = {
        "Version": "2020-12-01",
        "Parameters": PARAMETERS,
        "Steps": [*others, {"Name": "S", "Type": step_type, "Arguments": arguments}],
    }
    before = json.dumps(document)
    result = correct(document)["Steps"][-1]["Arguments"]
    assert json.dumps(document) == before  # the input is left alone
    return result


def joined(value):
    return {"Std:Join": {"On": "", "Values": [value]}}


@pytest.mark.parametrize("name", ["Rate", "Count", "Flag"])
def test_a_number_where_a_text_is_wanted_is_joined(name):
    reference = {"Get": f"Parameters.{name}"}
    found = corrected("Training", {"HyperParameters": {"x": reference, "y": "1"}})
    assert found == {"HyperParameters": {"x": joined(reference), "y": "1"}}


def test_a_text_a_join_and_an_unknown_parameter_stay_as_they_are():
    environment = {
        "A": {"Get": "Parameters.Loss"},
        "B": joined({"Get": "Parameters.Rate"}),
        "C": {"Get": "Parameters.Missing"},
        "D": {"Get": "Execution.PipelineName"},
        "E": {"Get": "Steps.Missing.ModelName"},
    }
    assert corrected("Processing", {"Environment": environment}) == {"Environment": environment}


def test_a_number_where_a_number_is_wanted_stays_one():
    cluster = {"InstanceCount": {"Get": "Parameters.Count"}, "VolumeSizeInGB": 30}
    arguments = {"ProcessingResources": {"ClusterConfig": cluster}}
    assert corrected("Processing", arguments) == arguments


def test_a_literal_number_where_a_text_is_wanted_becomes_one():
    arguments = {"AppSpecification": {"ContainerArguments": ["--seed", 3, "--fast", True]}}
    specification = corrected("Processing", arguments)["AppSpecification"]
    assert specification == {"ContainerArguments": ["--seed", "3", "--fast", "true"]}


def test_a_numeric_property_of_another_step_is_joined_and_a_text_is_not():
    train = {"Name": "T", "Type": "Training", "Arguments": {}}
    number = {"Get": "Steps.T.FinalMetricDataList['test:mse'].Value"}
    text = {"Get": "Steps.T.ModelArtifacts.S3ModelArtifacts"}
    unknown = {"Get": "Steps.T.Nothing[0].Such"}
    arguments = {"CustomerMetadataProperties": {"n": number, "t": text, "u": unknown}}
    found = corrected("RegisterModel", arguments, train)["CustomerMetadataProperties"]
    assert found == {"n": joined(number), "t": text, "u": unknown}


def test_script_mode_variables_go_when_there_is_no_script():
    environment = {"SAGEMAKER_PROGRAM": "", "SAGEMAKER_REGION": "us-east-1", "MINE": "1"}
    container = {"Image": "image", "Environment": environment}
    found = corrected("Model", {"PrimaryContainer": container})
    assert found["PrimaryContainer"]["Environment"] == {"MINE": "1"}
    environment["SAGEMAKER_PROGRAM"] = "inference.py"
    assert corrected("Model", {"PrimaryContainer": container})["PrimaryContainer"] == container


def test_empty_optional_members_go_and_unknown_members_stay():
    arguments = {"ModelMetrics": {"Bias": {}, "ModelQuality": {"Statistics": {}}}, "NewMember": {}}
    assert corrected("RegisterModel", arguments) == {"NewMember": {}}


def test_steps_in_both_branches_are_corrected():
    inner = {
        "Name": "T",
        "Type": "Training",
        "Arguments": {"HyperParameters": {"x": {"Get": "Parameters.Rate"}}},
    }
    found = corrected("Condition", {"Conditions": [], "IfSteps": [inner], "ElseSteps": [inner]})
    for side in ("IfSteps", "ElseSteps"):
        texts = found[side][0]["Arguments"]["HyperParameters"]
        assert texts == {"x": joined({"Get": "Parameters.Rate"})}


def test_steps_in_the_body_of_a_for_each_are_corrected():
    inner = {
        "Name": "P",
        "Type": "Processing",
        "Arguments": {"Environment": {"x": {"Get": "Parameters.Rate"}, "y": 1}},
    }
    [found] = corrected("ForEach", {"IterableItems": ["a"], "ForEachBody": [inner]})["ForEachBody"]
    assert found["Arguments"]["Environment"] == {"x": joined({"Get": "Parameters.Rate"}), "y": "1"}


def test_nulls_on_top_go():
    document = {"MlflowConfig": None, "PipelineExperimentConfig": None, "Metadata": {}, "Steps": []}
    assert correct(document) == {"Metadata": {}, "Steps": []}


def test_a_type_of_step_without_a_request_is_left_alone():
    assert corrected("Lambda", {"count": 1, "nothing": {}}) == {"count": 1, "nothing": {}}
