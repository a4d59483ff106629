"""`doctor` over moto's IAM, STS and S3 as if they were AWS, and over the runtime, embedded and served."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from params.environment import load
from pipelines import doctor
from pipelines.deploy.aws_doctor import Probe
from pipelines.deploy.endpoint import open_endpoint

ROOT = Path(__file__).parents[3]
ROLE = "Pipelines"
BUCKET = "artifacts-of-mine"
KEY = "house-price-pipelines/data/houses.csv"
URI = f"s3://{BUCKET}/{KEY}"
TABLE = b"rooms,price\n3,100\n4,200\n"


@pytest.fixture
def cloud(monkeypatch):
    """moto in this process, at AWS's own addresses."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "SAGEMAKER_PIPELINE_ROLE_ARN": f"arn:aws:iam::123456789012:role/{ROLE}",
        "ARTIFACT_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    # moto has no simulation.
    monkeypatch.setattr(Probe, "denied", lambda *_: [])
    with mock_aws():
        yield


def client(service, region="us-east-1"):
    return boto3.client(service, region_name=region)


def make_role(service="sagemaker.amazonaws.com"):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy)


def make_bucket(region="us-east-1", *, encrypted=True, data=TABLE):
    s3 = client("s3", region)
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=BUCKET, **({} if region == "us-east-1" else where))
    if encrypted:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    if data is not None:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=data)


def examined(capsys, *arguments):
    """Exit code, and check -> its document."""
    code = doctor.main(["linear-baseline", "--env", "dev", "--json", *arguments])
    document = json.loads(capsys.readouterr().out)
    return code, {each["check"]: each for each in document["checks"]}


def test_what_is_in_order_is_said_to_be(cloud, capsys):
    make_role()
    make_bucket()
    _, checks = examined(capsys)
    fine = [name for name, each in checks.items() if each["status"] == "ok"]
    assert fine == [
        *("credentials", "clock", "region", "role", "trust", "permissions"),
        *("bucket", "bucket region", "bucket encryption", "data", "content"),
    ]
    assert checks["content"]["found"] == f"{URI} has the columns that the parameters name"


def test_a_new_account_hears_what_to_make(cloud, capsys):
    code, checks = examined(capsys)
    assert code == 1
    assert (checks["role"]["status"], checks["bucket"]["status"]) == ("failed", "failed")
    assert "SAGEMAKER_PIPELINE_ROLE_ARN" in checks["role"]["todo"]
    assert checks["trust"]["found"] == "'role' failed: see to that first"
    # moto has the API of ECR, and none of AWS's images.
    assert "sagemaker-scikit-learn:1.4-2-cpu-py3 does not exist" in checks["images"]["found"]


def test_a_role_for_another_service_fails(cloud, capsys):
    make_role("lambda.amazonaws.com")
    code, checks = examined(capsys)
    assert code == 1
    assert "it trusts lambda.amazonaws.com" in checks["trust"]["found"]


def test_a_bucket_in_another_region_without_encryption_or_data_fails_thrice(cloud, capsys):
    make_bucket("eu-west-1", encrypted=False, data=None)
    code, checks = examined(capsys)
    assert code == 1
    assert checks["bucket"]["status"] == "ok"
    assert "is in eu-west-1" in checks["bucket region"]["found"]
    assert checks["bucket encryption"]["status"] == "failed"
    assert checks["data"]["found"] == f"{URI} (linear-baseline: Prepare, data): no object"


def test_a_table_without_the_label_fails(cloud, capsys):
    make_bucket(data=b"rooms,prise\n3,100\n")
    _, checks = examined(capsys)
    assert checks["content"]["found"] == f"{URI}: LabelColumn: no column 'price'"
    assert "did you mean 'prise'?" in checks["content"]["todo"]


def test_a_service_that_is_not_there_is_a_skip_with_its_words(cloud, capsys, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    _, checks = examined(capsys)
    assert checks["quotas"]["status"] == "skipped"
    assert checks["quotas"]["found"].startswith("could not look: list_aws_default_service_quotas")


def test_no_credentials_is_a_failed_check_and_the_rest_is_skipped(monkeypatch, capsys):
    monkeypatch.setenv("SAGEMAKER_PIPELINE_ROLE_ARN", f"arn:aws:iam::123456789012:role/{ROLE}")
    monkeypatch.setenv("ARTIFACT_BUCKET", BUCKET)
    monkeypatch.setattr(Probe, "server_time", lambda _: None)
    code, checks = examined(capsys)
    assert code == 1
    assert checks["credentials"]["status"] == "failed"
    assert "aws sso login" in checks["credentials"]["todo"]
    assert {each["status"] for name, each in checks.items() if name != "credentials"} == {"skipped"}


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_new_local_runtime_is_fine_and_says_what_it_does_not_have(state, capsys):
    assert doctor.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"local: local runtime in {state}\n")
    assert "upsert --start makes a sample of it" in out
    assert "the local runtime has no quotas" in out
    assert out.rstrip().endswith("13 checks: 6 ok, 7 skipped")


@contextmanager
def served(state):
    command = [sys.executable, "-m", "runtime", "serve", "--data", str(state), "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline()  # it says where it listens when it does
        yield
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def put(environment, data):
    with open_endpoint(environment) as endpoint:
        endpoint.aws.create_bucket(environment.bucket, environment.region)
        endpoint.aws.client("s3").put_object(Bucket=environment.bucket, Key=KEY, Body=data)


@pytest.mark.parametrize("serving", [False, True], ids=["embedded", "served"])
def test_data_in_the_local_runtime_is_looked_into(state, capsys, serving):
    with served(state) if serving else contextmanager(lambda: (yield))():
        put(load("local"), b"rooms,prise\n3,100\n")
        assert doctor.main(["linear-baseline", "--json"]) == 1
    captured = capsys.readouterr()
    assert ("http://127.0.0.1" in captured.err) is serving
    checks = {each["check"]: each for each in json.loads(captured.out)["checks"]}
    assert checks["data"]["found"].endswith("houses.csv: 1 object")
    assert checks["content"]["status"] == "failed"
    assert "LabelColumn: no column 'price'" in checks["content"]["found"]


def test_any_definition_can_be_looked_at(state, capsys):
    path = ROOT / "tests" / "cases" / "definitions" / "linear-baseline.json"
    assert doctor.main(["--file", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["pipelines"] == ["linear-baseline"]
    assert doctor.main(["--deployed", "nothing"]) == 2
    assert "no such pipeline" in capsys.readouterr().err


def test_an_unknown_pipeline_is_a_usage_error(capsys):
    assert doctor.main(["linear-baselin"]) == 2
    assert "did you mean 'linear-baseline'?" in capsys.readouterr().err


def test_help_needs_nothing_heavy():
    probe = (
        "import sys\nfrom pipelines import doctor\n"
        "try:\n    doctor.main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit(str({'boto3', 'rich', 'sagemaker'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=dict(os.environ),
    )
    assert ran.stderr.strip() == "set()"
