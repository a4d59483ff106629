"""Executions side by side, wide and deep ones, and what they leave in this process."""

from __future__ import annotations

import itertools
import threading
import uuid
from typing import Any

import pytest

from runtime.api import ApiError

SCRIPT = """
import sys
from pathlib import Path
Path("/opt/ml/processing/output", sys.argv[1]).write_text(sys.argv[1])
"""


def condition(name: str, *after: str) -> dict[str, Any]:
    """A step that is over at once; it takes a value from each step of `after`."""
    conditions = [
        {"Type": "Equals", "LeftValue": {"Get": f"Steps.{one}.Outcome"}, "RightValue": True}
        for one in after
    ]
    arguments = {"Conditions": conditions, "IfSteps": [], "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def job(local: Any, name: str, *after: str) -> dict[str, Any]:
    request = local.processing(SCRIPT, "placeholder")
    request["AppSpecification"]["ContainerArguments"] = [
        {"Std:Join": {"On": "-", "Values": [{"Get": "Execution.PipelineExecutionId"}, name]}}
    ]
    return {"Name": name, "Type": "Processing", "Arguments": request, "DependsOn": list(after)}


@pytest.mark.usefixtures("own_opt_ml")
def test_executions_of_one_pipeline_run_side_by_side_and_leave_no_thread(local: Any) -> None:
    names = [f"Job{index}" for index in range(3)]
    steps = [*(job(local, name) for name in names), job(local, "Last", *names)]
    pipeline = local.pipeline("side-by-side", *steps)
    arns = [local.start(pipeline) for _ in range(3)]
    for arn in arns:
        assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
        assert set(local.steps(arn)) == {*names, "Last"}
        execution_id = arn.rpartition("/")[2]
        for name in names:
            text = f"{execution_id}-{name}"
            assert local.read(f"s3://{local.bucket}/out/{text}") == text.encode()
    local.wait_for(lambda: not local.threads())


def test_a_hundred_steps_side_by_side_and_a_hundred_in_a_row(local: Any) -> None:
    wide = [f"Wide{index}" for index in range(100)]
    deep = [f"Deep{index}" for index in range(100)]
    steps = [condition(name) for name in wide]
    steps += [condition("Join", *wide), condition(deep[0], "Join")]
    steps += [condition(name, before) for before, name in itertools.pairwise(deep)]
    arn = local.start(local.pipeline("hundreds", *steps))
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    first = local.call(
        "ListPipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    assert [step["StepName"] for step in first["PipelineExecutionSteps"]] == wide
    last = local.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
    assert [step["StepName"] for step in last["PipelineExecutionSteps"]] == deep[::-1]


def test_of_many_retries_at_the_same_time_one_counts(local: Any) -> None:
    undefined = {"Std:JsonGet": {"S3Uri": "s3://no-bucket/nothing.json", "Path": "a"}}
    step = condition("Second")
    step["Arguments"]["Conditions"] = [{"Type": "Equals", "LeftValue": undefined, "RightValue": 1}]
    arn = local.start(local.pipeline("retried-often", condition("First"), step))
    assert local.finished(arn)["PipelineExecutionStatus"] == "Failed"
    together = threading.Barrier(4)
    answers: list[object] = []

    def retry() -> None:
        together.wait()
        token = uuid.uuid4().hex
        try:
            local.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token)
            answers.append("retried")
        except ApiError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=retry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {"retried", "ConflictException"}
    assert "retried" in answers
    assert local.finished(arn)["PipelineExecutionStatus"] == "Failed"
    local.wait_for(lambda: not local.threads())


@pytest.mark.usefixtures("own_opt_ml")
def test_a_new_pipeline_of_an_old_name_takes_nothing_from_it(local: Any) -> None:
    step = {**job(local, "Job"), "CacheConfig": {"Enabled": True}}
    step["Arguments"]["AppSpecification"]["ContainerArguments"] = ["same"]
    start = {"ClientRequestToken": uuid.uuid4().hex}
    arns = []
    for _ in range(2):
        arn = local.start(local.pipeline("reborn", step), **start)
        assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
        assert "CacheHitResult" not in local.steps(arn)["Job"]
        assert local.start("reborn", **start) == arn  # the same request: the same execution
        again = local.start("reborn")
        local.finished(again)
        assert local.steps(again)["Job"]["CacheHitResult"] == {"SourcePipelineExecutionArn": arn}
        local.call("DeletePipeline", PipelineName="reborn", ClientRequestToken=uuid.uuid4().hex)
        arns.append(arn)
    assert arns[0] != arns[1]
