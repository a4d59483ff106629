"""Pipeline executions through the API, with real jobs."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest

from runtime.api import ApiError

QUICK = "print('done')"


def job_step(name: str, request: dict[str, Any], **step: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": request, **step}


def fail_step(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def condition(name: str, *conditions: dict[str, Any], **branches: Any) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": [], "ElseSteps": [], **branches}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def equals(left: Any, right: Any) -> dict[str, Any]:
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


@pytest.mark.usefixtures("own_opt_ml")
def test_values_travel_between_steps_and_the_branch_taken_decides(local: Any) -> None:
    prepare = local.processing(
        "import json, sys\n"
        "json.dump({'score': float(sys.argv[1])}, open('/opt/ml/processing/output/r.json', 'w'))",
        "placeholder",
    )
    prepare["AppSpecification"]["ContainerArguments"] = [
        {"Std:Join": {"On": "", "Values": [get("Parameters.Score")]}}
    ]
    report = {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "r.json"}
    score = {
        "Std:JsonGet": {"PropertyFile": get("Steps.Prepare.PropertyFiles.Report"), "Path": "score"}
    }
    message = {"Std:Join": {"On": " ", "Values": ["score is", score]}}
    name = local.pipeline(
        "branches",
        job_step("Prepare", prepare, PropertyFiles=[report]),
        condition(
            "Check",
            {"Type": "LessThan", "LeftValue": score, "RightValue": 5},
            ElseSteps=[fail_step("TooHigh", message)],
        ),
        Parameters=[{"Name": "Score", "Type": "Float", "DefaultValue": 1.5}],
    )
    arn = local.start(name)
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = local.steps(arn)
    assert list(steps) == ["Prepare", "Check"]
    assert steps["Check"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert steps["Prepare"]["AttemptCount"] == 1

    arn = local.start(name, PipelineParameters=[{"Name": "Score", "Value": "7.5"}])
    ended = local.finished(arn)
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert ended["FailureReason"] == "Step failure: One or multiple steps failed."
    step = local.steps(arn)["TooHigh"]
    assert step["FailureReason"] == "score is 7.5"
    assert step["Metadata"] == {"Fail": {"ErrorMessage": "score is 7.5"}}
    with pytest.raises(ApiError, match="ended by a Fail step"):
        local.call(
            "RetryPipelineExecution",
            PipelineExecutionArn=arn,
            ClientRequestToken=uuid.uuid4().hex,
        )


def test_models_are_trained_registered_and_listed(local: Any) -> None:
    train = {
        "Name": "Train_It",
        "Type": "Training",
        "Arguments": {
            **local.training(),
            "HyperParameters": {"num_round": "5", "objective": "reg:squarederror"},
        },
    }
    artifact = get("Steps.Train_It.ModelArtifacts.S3ModelArtifacts")
    container = {"Image": local.xgboost, "ModelDataUrl": artifact}
    arguments = {"ExecutionRoleArn": local.role, "PrimaryContainer": container}
    register = {
        "ModelPackageGroupName": "group",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    arn = local.start(
        local.pipeline(
            "registers",
            train,
            {"Name": "Model", "Type": "Model", "Arguments": arguments},
            {"Name": "Register", "Type": "RegisterModel", "Arguments": register},
        )
    )
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded", local.steps(arn)
    steps = local.steps(arn)
    execution_id = arn.rpartition("/")[2]
    job = steps["Train_It"]["Metadata"]["TrainingJob"]["Arn"]
    assert f":training-job/pipelines-{execution_id}-Train-It-" in job
    assert f":model/pipelines-{execution_id}-Model-" in steps["Model"]["Metadata"]["Model"]["Arn"]
    assert steps["Register"]["Metadata"]["RegisterModel"]["Arn"].endswith(":model-package/group/1")
    packages = local.call("ListModelPackages", ModelPackageGroupName="group")
    assert len(packages["ModelPackageSummaryList"]) == 1


def test_a_refused_request_fails_its_step_in_the_services_words(local: Any) -> None:
    broken = local.processing(QUICK)
    broken["RoleArn"] = get("Parameters.Role")
    arn = local.start(
        local.pipeline(
            "refused",
            job_step("Broken", broken),
            job_step("Other", local.processing(QUICK)),
            job_step("After", local.processing(QUICK), DependsOn=["Broken"]),
            Parameters=[{"Name": "Role", "Type": "String"}],
        ),
        PipelineParameters=[{"Name": "Role", "Value": "nobody"}],
    )
    assert local.finished(arn)["PipelineExecutionStatus"] == "Failed"
    steps = local.steps(arn)
    assert set(steps) == {"Broken", "Other"}
    assert steps["Other"]["StepStatus"] == "Succeeded"
    reason = steps["Broken"]["FailureReason"]
    assert reason.startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: "
    )
    assert "'roleArn'" in reason
    assert steps["Broken"]["Metadata"] == {}


def start_refusal(local: Any, name: str, **request: Any) -> str:
    with pytest.raises(ApiError) as caught:
        local.start(name, **request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_an_unknown_image_is_refused_before_anything_starts(local: Any) -> None:
    request = local.processing(QUICK)
    unknown = {**request["AppSpecification"], "ImageUri": "registry/huggingface:4"}
    name = local.pipeline(
        "images",
        job_step("First", request),
        job_step("Second", {**request, "AppSpecification": unknown}, DependsOn=["First"]),
    )
    message = start_refusal(local, name)
    assert "'registry/huggingface:4'" in message
    assert "sagemaker-xgboost" in message
    listed = local.call("ListPipelineExecutions", PipelineName=name)
    assert listed["PipelineExecutionSummaries"] == []


def test_wrong_parameters_are_refused_at_start(local: Any) -> None:
    name = local.pipeline(
        "typed", Parameters=[{"Name": "Jobs", "Type": "Integer"}, {"Name": "Rate", "Type": "Float"}]
    )
    message = start_refusal(local, name, PipelineParameters=[{"Name": "Jobs", "Value": "many"}])
    assert "Expected Integer but found 'many'" in message
    assert "Parameter 'Rate' is undefined" in message


def test_the_same_token_starts_one_execution(local: Any) -> None:
    name = local.pipeline("once")
    token = uuid.uuid4().hex
    first = local.start(name, ClientRequestToken=token)
    assert local.start(name, ClientRequestToken=token) == first
    local.finished(first)
    assert local.start(name) != first


def test_an_execution_is_described_with_what_it_was_started_with(local: Any) -> None:
    name = local.pipeline(
        "described",
        Parameters=[{"Name": "P", "Type": "String", "DefaultValue": "d"}],
        PipelineExperimentConfig={
            "ExperimentName": get("Execution.PipelineName"),
            "TrialName": get("Execution.PipelineExecutionId"),
        },
    )
    parameters = [{"Name": "P", "Value": "x"}]
    arn = local.start(
        name,
        PipelineParameters=parameters,
        PipelineExecutionDisplayName="mine",
        PipelineExecutionDescription="why",
    )
    ended = local.finished(arn)
    assert ended["PipelineExecutionDisplayName"] == "mine"
    assert ended["PipelineExecutionDescription"] == "why"
    assert ended["PipelineVersionId"] == 1
    trial = {"ExperimentName": "described", "TrialName": arn.rpartition("/")[2]}
    assert ended["PipelineExperimentConfig"] == trial
    assert "FailureReason" not in ended
    given = local.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn)
    assert given["PipelineParameters"] == parameters
    taken = local.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert '"2020-12-01"' in taken["PipelineDefinition"]
    [listed] = local.call("ListPipelineExecutions", PipelineName=name)["PipelineExecutionSummaries"]
    assert listed["PipelineExecutionArn"] == arn
    assert "PipelineExecutionFailureReason" not in listed


@pytest.mark.parametrize(
    "operation",
    [
        "DescribePipelineExecution",
        "ListPipelineExecutionSteps",
        "ListPipelineParametersForExecution",
    ],
)
def test_an_unknown_execution_is_not_found(operation: str, local: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/nobody/execution/aaaaaaaaaaaa"
    with pytest.raises(ApiError) as caught:
        local.call(operation, PipelineExecutionArn=arn)
    assert caught.value.code == "ResourceNotFound"


def test_a_cached_step_hands_on_the_earlier_result(local: Any) -> None:
    request = local.processing(QUICK)
    cache = {"Enabled": True, "ExpireAfter": "30d"}
    seen = condition("Seen", equals(get("Steps.Job.ProcessingJobStatus"), "Completed"))
    name = local.pipeline("cached", job_step("Job", request, CacheConfig=cache), seen)
    first, second = local.start(name), None
    local.finished(first)
    second = local.start(name)
    assert local.finished(second)["PipelineExecutionStatus"] == "Succeeded"
    step = local.steps(second)["Job"]
    assert step["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert step["Metadata"] == local.steps(first)["Job"]["Metadata"]
    assert local.steps(second)["Seen"]["Metadata"] == {"Condition": {"Outcome": "True"}}


def test_stop_ends_jobs_and_execution(local: Any) -> None:
    waiting = local.processing("import time; print('ready', flush=True); time.sleep(600)")
    name = local.pipeline(
        "stopped", job_step("Wait", waiting), job_step("Next", waiting, DependsOn=["Wait"])
    )
    arn = local.start(name)
    local.wait_for(lambda: local.steps(arn).get("Wait", {}).get("Metadata"))
    job = local.steps(arn)["Wait"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    local.wait_for(lambda: "ready" in local.log("ProcessingJob", job))
    token = uuid.uuid4().hex
    local.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token)
    assert local.finished(arn)["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in local.steps(arn).items()} == {
        "Wait": "Stopped"
    }
    described = local.call("DescribeProcessingJob", ProcessingJobName=job)
    assert described["ProcessingJobStatus"] == "Stopped"
    again = local.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token)
    assert again == {"PipelineExecutionArn": arn}
    with pytest.raises(ApiError) as caught:
        local.call(
            "StopPipelineExecution",
            PipelineExecutionArn=arn,
            ClientRequestToken=uuid.uuid4().hex,
        )
    assert caught.value.code == "ConflictException"


@pytest.mark.usefixtures("own_opt_ml")
def test_retry_goes_on_from_where_it_failed(local: Any) -> None:
    needs = local.processing("open('/opt/ml/processing/input/late/data.txt').read()")
    late = {
        "InputName": "late",
        "S3Input": {
            "S3Uri": "s3://test-bucket/late/",
            "LocalPath": "/opt/ml/processing/input/late",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    needs["ProcessingInputs"].append(late)
    name = local.pipeline(
        "retried",
        job_step("Before", local.processing(QUICK)),
        job_step("Needs", needs, DependsOn=["Before"]),
    )
    arn = local.start(name)
    assert local.finished(arn)["PipelineExecutionStatus"] == "Failed"
    before = local.steps(arn)["Before"]
    local.put("late/data.txt", "here")
    retry = {"PipelineExecutionArn": arn, "ClientRequestToken": uuid.uuid4().hex}
    local.call("RetryPipelineExecution", **retry)
    ended = local.finished(arn)
    assert ended["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in ended
    assert local.steps(arn)["Before"] == before
    # A client that did not get the answer asks again.
    assert local.call("RetryPipelineExecution", **retry) == {"PipelineExecutionArn": arn}
    with pytest.raises(ApiError, match="only Failed or Stopped can be retried"):
        local.call("RetryPipelineExecution", **{**retry, "ClientRequestToken": uuid.uuid4().hex})


def test_a_selection_reuses_what_it_needs(local: Any) -> None:
    request = local.processing(QUICK)
    name = local.pipeline(
        "selective",
        job_step("A", request),
        job_step("B", request, DependsOn=["A"]),
        job_step("C", request, DependsOn=["B"]),
    )
    source = local.start(name)
    local.finished(source)
    selection = {"SelectedSteps": [{"StepName": "B"}]}
    assert "have dependencies on ['A']" in start_refusal(
        local, name, SelectiveExecutionConfig=selection
    )
    selection = {**selection, "SourcePipelineExecutionArn": source}
    arn = local.start(name, SelectiveExecutionConfig=selection)
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = local.steps(arn)
    assert set(steps) == {"A", "B"}
    assert steps["A"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert "SelectiveExecutionResult" not in steps["B"]


def test_steps_are_listed_newest_first_and_by_page(local: Any) -> None:
    names = [f"S{index}" for index in range(5)]
    steps = [condition(names[0], equals(1, 1))]
    for before, name in itertools.pairwise(names):
        steps.append(condition(name, equals(get(f"Steps.{before}.Outcome"), True)))
    arn = local.start(local.pipeline("pages", *steps))
    local.finished(arn)
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = local.call(
            "ListPipelineExecutionSteps", PipelineExecutionArn=arn, MaxResults=2, **token
        )
        found += [step["StepName"] for step in page["PipelineExecutionSteps"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == names[::-1]
