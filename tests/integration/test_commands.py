"""The commands as people use them, end to end on a small data set."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--rows", "400", "--param", "MaxTuningJobs=2")
EASY = ("--param", "RmseThreshold=1000000000", "--param", "MinimumImprovement=-10")


def processes_naming(text: str) -> list[str]:
    found = subprocess.run(["pgrep", "-af", re.escape(text)], capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if "pgrep" not in line]


@pytest.fixture(scope="module")
def deployed(shared_project: Any) -> Any:
    shared_project.document("pipelines.upsert")
    return shared_project


def test_without_names_every_pipeline_is_deployed_and_a_second_time_nothing_is_written(
    deployed: Any,
) -> None:
    again = deployed.document("pipelines.upsert")
    assert [(each["name"], each["action"]) for each in again["pipelines"]] == [
        ("house-price", "up to date"),
        ("linear-baseline", "up to date"),
    ]
    with deployed.served() as url:
        del url  # only that it opens what the embedded runtime wrote


def test_what_one_command_deploys_the_next_one_runs(deployed: Any) -> None:
    result = deployed.run(
        "pipelines.run", "linear-baseline", "--rows", "400", "--param", "MaeThreshold=1e9"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Succeeded" in result.stdout
    assert "model-package/" in result.stdout


def test_a_failing_script_is_reported_with_its_own_words_and_exit_code_1(deployed: Any) -> None:
    result = deployed.run("pipelines.run", "house-price", *SMALL, "--param", "LabelColumn=prise")
    assert result.returncode == 1
    assert "prise" in result.stdout
    assert "did you mean" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_the_plan_shows_and_writes_nothing(project: Any) -> None:
    result = project.run("pipelines.upsert", "house-price", "--plan")
    assert result.returncode == 0, result.stderr
    assert "create" in result.stdout.lower()
    assert (
        project.document("pipelines.upsert", "house-price", "--plan")["pipelines"][0]["arn"] is None
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pipelines.upsert", "house-prise"), "did you mean 'house-price'"),
        (("pipelines.upsert", "--env", "prd"), "did you mean 'prod'"),
        (("pipelines.upsert", "house-price", "--start", "--param", "Sead=1"), "did you mean 'Seed'"),
        (("pipelines.upsert", "house-price", "--start", "--param", "Seed=x"), "Seed"),
        (("pipelines.upsert", "house-price", "--start", "--param", "Loss=logistic"), "squared_loss"),
        (("pipelines.upsert", "house-price", "--start", "--input", "missing.csv"), "missing.csv"),
        (("pipelines.synth", "house-prise"), "did you mean 'house-price'"),
        (("pipelines.upsert", "--no-such-option"), "--no-such-option"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_gets_a_sentence_and_exit_code_2(
    project: Any, arguments: tuple[str, ...], words: str
) -> None:
    result = project.run(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_running_what_is_not_deployed_names_the_command_that_deploys_it(project: Any) -> None:
    result = project.run("pipelines.run", "house-price")
    assert result.returncode == 1
    assert "python -m pipelines.upsert house-price" in result.stderr


def test_an_interrupt_stops_the_execution_and_leaves_nothing_behind(project: Any) -> None:
    project.document("pipelines.upsert", "house-price")
    process = project.start(
        "pipelines.run", "house-price", "--rows", "3000", "--param", "MaxTuningJobs=50"
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "TuneXGBoost" in line:
            break
    process.send_signal(signal.SIGINT)
    output = "".join(lines) + process.communicate(timeout=60)[0]
    assert process.returncode == 1, output
    assert "Stopped" in output
    assert processes_naming(str(project.state)) == []
    home = Path(project.environment["HOME"])
    assert [path.name for path in home.iterdir() if not path.name.startswith(".")] == []
    after = project.document("pipelines.upsert", "house-price")
    assert after["pipelines"][0]["action"] == "up to date"


def test_an_execution_of_a_killed_process_is_found_again_with_a_reason(
    project: Any, connect: Any
) -> None:
    project.document("pipelines.upsert", "house-price")
    process = project.start(
        "pipelines.run", "house-price", "--rows", "3000", "--param", "MaxTuningJobs=50"
    )
    for line in process.stdout:
        if "TuneXGBoost" in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    with project.served() as url:
        sagemaker = connect(url)("sagemaker")
        [execution] = sagemaker.list_pipeline_executions(PipelineName="house-price")[
            "PipelineExecutionSummaries"
        ]
        found = sagemaker.describe_pipeline_execution(
            PipelineExecutionArn=execution["PipelineExecutionArn"]
        )
        assert found["PipelineExecutionStatus"] in ("Executing", "Succeeded", "Failed")
        assert found["PipelineExecutionStatus"] != "Failed" or found["FailureReason"]


def test_another_environment_talks_to_a_served_endpoint_by_variables_alone(project: Any) -> None:
    with project.served() as url:
        variables = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
            "ARTIFACT_BUCKET": "artifacts-of-dev",
            "AWS_REGION": "us-east-1",
        }
        refused = project.run("pipelines.upsert", "house-price", "--env", "dev", **variables)
        assert refused.returncode == 1
        assert "artifacts-of-dev" in refused.stderr
        command = ["aws", "s3", "mb", "s3://artifacts-of-dev"]
        subprocess.run(command, env={**project.environment, **variables, "AWS_DEFAULT_REGION": "us-east-1"}, check=True, capture_output=True)  # fmt: skip
        done = project.run("pipelines.upsert", "house-price", "--env", "dev", "--json", **variables)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["pipelines"][0]["action"] == "create"
        again = project.run(
            "pipelines.upsert", "house-price", "--env", "dev", "--json", **variables
        )
        assert json.loads(again.stdout)["pipelines"][0]["action"] == "up to date"
