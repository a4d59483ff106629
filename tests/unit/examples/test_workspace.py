"""Mistakes that an example's options can have: one sentence and an exit code, before anything is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from examples import workspace
from examples.rows import write_rows
from pipelines.deploy.errors import UsageError
from pipelines.deploy.sample_data import write_sample
from steps.algorithms.jobs import JobFailed
from steps.scripts.prepare import Unusable

ROLE = "arn:aws:iam::123456789012:role/R"


@pytest.fixture
def refuse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run an example that must not begin, against AWS: exit code and what stands on stderr."""

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["examples/tuning.py", *words])
        code = workspace.run(lambda _: pytest.fail("the example ran"), "An example.")
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("words", [(), ("--bucket", "mine"), ("--role", ROLE)])
def test_the_local_names_are_refused_on_aws(refuse, words):
    code, error = refuse(*words)
    assert code == 2
    assert error == (
        "error: AWS needs a bucket and a role of yours: give --bucket NAME and --role ARN; or run on "
        "this machine, without an account: python -m runtime exec -- python examples/tuning.py\n"
    )


def test_names_may_come_from_the_variables_of_the_pipelines(refuse, monkeypatch):
    monkeypatch.setenv("ARTIFACT_BUCKET", "mine")
    monkeypatch.setenv("SAGEMAKER_PIPELINE_ROLE_ARN", ROLE)
    code, error = refuse()  # past the names: now credentials are missed
    assert (code, error.count("\n")) == (1, 1)
    assert error.startswith("error: HeadBucket mine: no usable AWS credentials")
    assert "python -m runtime exec --" in error


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--bucket", "s3://mine", "a bucket name: 3 to 63 lower-case letters, digits, dots, hyphens"),
        ("--role", "me", "the ARN of a role such as arn:aws:iam::123456789012:role/NAME"),
        ("--region", "mars", "an AWS region such as us-east-1"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(refuse, option, value, allowed):
    assert refuse(option, value) == (2, f"error: {option} must be {allowed} but got '{value}'\n")


def test_a_profile_that_does_not_exist_is_one_sentence(refuse, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    code, error = refuse("--bucket", "mine", "--role", ROLE)
    assert (code, error.count("\n")) == (1, 1)
    assert "profile (nobody) could not be found; set AWS_PROFILE" in error


class Buckets:
    """S3 with these buckets, at an endpoint that is not AWS's."""

    endpoint = "http://127.0.0.1:1"

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def bucket_exists(self, bucket: str) -> bool:
        return bucket in self.names

    def create_bucket(self, bucket: str, region: str) -> None:
        self.names.add(bucket)


def test_only_the_local_bucket_is_made(refuse, monkeypatch):
    aws = Buckets("theirs")
    monkeypatch.setattr(workspace, "connect", lambda region: aws)
    code, error = refuse("--bucket", "mine")
    assert code == 2
    assert error == (
        "error: bucket mine (--bucket, ARTIFACT_BUCKET): there is no such bucket; "
        "create it: aws s3 mb s3://mine --region us-east-1\n"
    )
    assert aws.names == {"theirs"}
    refuse("--data", "no.csv")
    assert aws.names == {"theirs", "sagemaker-us-east-1-123456789012"}


def test_a_job_that_fails_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(workspace, "connect", lambda region: Buckets("mine"))
    monkeypatch.setattr(workspace, "upload", lambda *_: ["s3://mine/train/", "s3://mine/valid/"])
    monkeypatch.setattr(sys, "argv", ["tuning.py", "--bucket", "mine"])

    def fails(found: workspace.Workspace) -> None:
        assert (found.train, found.validation) == ("s3://mine/train/", "s3://mine/valid/")
        raise JobFailed("training job x", "Failed", "AlgorithmError:\n  no rows")

    assert workspace.run(fails, "An example.") == 1
    error = capsys.readouterr().err
    assert error == "error: training job x ended as Failed: AlgorithmError: no rows\n"


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"--data no\.csv: cannot be read: No such file"):
        write_rows(tmp_path, Path("no.csv"), "price")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1,2,3\n4,5,6\n", r"homes\.csv, line 1: found numbers .* must be a header"),
        ("", r"homes\.csv: is empty"),
        ("area,rooms\n1,2\n", r"--label-column names 'price', which the data does not have"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, text, problem):
    data = tmp_path / "homes.csv"
    data.write_text(text)
    with pytest.raises(Unusable, match=problem):
        write_rows(tmp_path, data, "price")


def test_rows_are_numbers_with_the_label_first_and_no_header(tmp_path: Path, capsys):
    data = tmp_path / "homes.csv"
    write_sample(data, rows=100)
    prices = {line.rpartition(",")[2] for line in data.read_text().splitlines()[1:]}
    rows = write_rows(tmp_path, data, "price")
    for channel, count in (("train", 80), ("validation", 10)):
        lines = (rows / channel / f"{channel}.csv").read_text().splitlines()
        table = [[float(cell) for cell in line.split(",")] for line in lines]
        assert len(table) == count
        assert {line.partition(",")[0] for line in lines} <= prices
    assert "80 train, 10 validation; price comes first" in capsys.readouterr().out
