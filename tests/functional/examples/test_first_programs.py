"""The examples as a newcomer runs them: `python -m runtime exec -- python examples/...`, nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipelines.deploy.sample_data import write_sample

ROOT = Path(__file__).parents[3]
RUNTIME = [sys.executable, "-m", "runtime"]
Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A state directory and the URL of the server that has it open: every program finds it there."""
    directory = tmp_path_factory.mktemp("examples")
    command = [*RUNTIME, "--port", "0", "--data", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert match
        yield directory, match[0]
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def few_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough to learn something, and little enough for ten jobs in a test."""
    path = tmp_path_factory.mktemp("data") / "houses.csv"
    write_sample(path, rows=300)
    return path


@pytest.fixture(scope="module")
def sagemaker(state: tuple[Path, str]) -> Any:
    """For looking at what the programs did."""
    return boto3.client(
        "sagemaker",
        endpoint_url=state[1],
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


def run(state: Path, program: Path, *words: str) -> Done:
    """Run a program from a folder that is not the project's."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*RUNTIME, "exec", "--data", str(state), "--", sys.executable]
    return subprocess.run(
        [*command, "-W", "error", str(program), *words],
        env=variables,
        cwd=state.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def printed(done: Done) -> dict[str, str]:
    """The lines that begin with a word, by that word."""
    assert (done.returncode, done.stderr) == (0, "")
    return dict(re.findall(r"^([A-Z]\w+) {2,}(\S.*)$", done.stdout, re.MULTILINE))


def archive(state: Path, uri: str) -> list[str]:
    """What is in the model archive under this URI."""
    with tarfile.open(state / "s3" / uri.removeprefix("s3://")) as opened:
        return opened.getnames()


def test_linear_regression_leaves_a_model_in_the_output_path(
    state: tuple[Path, str], sagemaker: Any
) -> None:
    done = run(state[0], ROOT / "examples" / "linear_regression.py")
    found = printed(done)
    described = sagemaker.describe_training_job(TrainingJobName=found["Job"])
    output = described["OutputDataConfig"]["S3OutputPath"]
    assert found["Model"] == f"{output}/{found['Job']}/output/model.tar.gz"
    assert archive(state[0], found["Model"]) == ["model_algo-1"]
    given = described["HyperParameters"]
    assert given["loss"] == "absolute_loss"
    assert {"epochs", "optimizer", "learning_rate", "wd", "normalize_data"} <= given.keys()
    [channel] = described["InputDataConfig"]
    assert (channel["ChannelName"], channel["ContentType"]) == ("train", "text/csv")
    for state_name in ("Starting", "Downloading", "Training", "Uploading", "Completed"):
        assert f" s  {state_name} " in done.stdout
    assert re.search(r"train:absolute_loss +[\d,]+\n", done.stdout)


def test_any_image_is_xgboosts_by_region_and_version(
    state: tuple[Path, str], sagemaker: Any, few_rows: Path
) -> None:
    program = ROOT / "examples" / "any_image.py"
    done = run(state[0], program, "--data", str(few_rows), "--region", "eu-west-1")
    found = printed(done)
    assert found["Image"].endswith(".dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5")
    described = sagemaker.describe_training_job(TrainingJobName=found["Job"])
    assert described["AlgorithmSpecification"]["TrainingImage"] == found["Image"]
    assert archive(state[0], found["Model"]) == ["xgboost-model"]
    for metric in ("train:rmse", "validation:rmse"):
        assert re.search(rf"{metric} +[\d,]+\n", done.stdout)


def test_tuning_prints_the_best_of_ten_jobs_two_at_a_time(
    state: tuple[Path, str], sagemaker: Any, few_rows: Path
) -> None:
    done = run(state[0], ROOT / "examples" / "tuning.py", "--data", str(few_rows))
    found = printed(done)
    described = sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=found["Job"]
    )
    config, best = described["HyperParameterTuningJobConfig"], described["BestTrainingJob"]
    limits = config["ResourceLimits"]
    assert (limits["MaxNumberOfTrainingJobs"], limits["MaxParallelTrainingJobs"]) == (10, 2)
    assert config["HyperParameterTuningJobObjective"]["Type"] == "Minimize"
    assert described["TrainingJobStatusCounters"]["Completed"] == 10
    assert found["Best"] == best["TrainingJobName"]
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert f"validation:rmse {value}" in lines
    for name, text in best["TunedHyperParameters"].items():
        assert f"{name} {text}" in lines
    ranked = re.findall(rf"^  ({found['Job']}-\S+) ", done.stdout, re.MULTILINE)
    assert (len(ranked), ranked[0]) == (10, found["Best"])
    assert archive(state[0], found["Model"]) == ["xgboost-model"]


def test_a_typo_in_the_code_is_one_sentence(
    state: tuple[Path, str], few_rows: Path, tmp_path: Path
) -> None:
    text = (ROOT / "examples" / "linear_regression.py").read_text()
    program = tmp_path / "mine.py"
    program.write_text(text.replace("learning_rate=", "learning_rat="))
    done = run(state[0], program, "--data", str(few_rows))
    assert done.returncode == 1
    assert done.stderr == (
        "error: linear-learner: learning_rat: linear-learner has no such hyperparameter; "
        "did you mean 'learning_rate'?\n"
    )
