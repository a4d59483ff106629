"""The model registry's pages: compared, traced back, approved and rejected."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from runtime.ui import links

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
HOSTILE = "<script>alert(1)</script>"
CODE = "0123456789abcdef" * 4


def put(studio: Any, key: str, text: str) -> str:
    path = Path(studio.runtime.directory) / uuid.uuid4().hex
    path.write_text(text)
    studio.runtime.objects.put("data", key, path)
    return f"s3://data/{key}"


def package(studio: Any, group: str, rmse: float, **changes: Any) -> str:
    """A version whose report says so."""
    report = {"regression_metrics": {"rmse": {"value": rmse, "standard_deviation": 1.5}}}
    uri = put(studio, f"reports/{uuid.uuid4().hex}.json", json.dumps(report))
    statistics = {"ContentType": "application/json", "S3Uri": uri}
    answer = studio.call(
        "CreateModelPackage",
        ModelPackageGroupName=group,
        ModelPackageDescription=HOSTILE,
        ModelMetrics={"ModelQuality": {"Statistics": statistics}},
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://data/nowhere/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **changes,
    )
    return str(answer["ModelPackageArn"])


@pytest.fixture
def group(studio: Any) -> str:
    return f"houses-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def traced(studio: Any) -> tuple[str, str]:
    """The ARN of a package that an execution registered, and of the execution: prepare, train, register."""
    raw = put(studio, "raw/houses.csv", "price,size\n1,2\n")
    program = put(
        studio,
        f"assets/{CODE}/prepare.py",
        "import pathlib\n"
        "pathlib.Path('/opt/ml/processing/output/train.csv').write_text('1,2\\n2,3\\n3,4\\n4,5\\n')\n",
    )
    arn = studio.create("traced", _prepare(raw, program), _train(), _register("lineage"))
    execution = studio.run(arn)
    assert studio.ended(execution) == "Succeeded"
    [found] = studio.call("ListModelPackages", ModelPackageGroupName="lineage")[
        "ModelPackageSummaryList"
    ]
    return str(found["ModelPackageArn"]), execution


def _prepare(raw: str, program: str) -> dict[str, Any]:
    def source(name: str, uri: str) -> dict[str, Any]:
        place = f"/opt/ml/processing/input/{name}"
        where = {"S3Uri": uri, "LocalPath": place, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        return {"InputName": name, "S3Input": where}

    output = {
        "S3Uri": "s3://data/prepared",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    arguments = {
        "AppSpecification": {
            "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/prepare.py"],
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "ProcessingInputs": [source("raw", raw), source("code", program)],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": output}]},
        "RoleArn": "arn:aws:iam::123456789012:role/Role",
    }
    return {"Name": "Prepare", "Type": "Processing", "Arguments": arguments}


def _train() -> dict[str, Any]:
    where = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/prepared"}
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "2", "objective": "reg:squarederror"},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": where},
                "ContentType": "text/csv",
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://data/trained"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": "arn:aws:iam::123456789012:role/Role",
    }
    return {"Name": "Train", "Type": "Training", "DependsOn": ["Prepare"], "Arguments": arguments}


def _register(group: str) -> dict[str, Any]:
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    arguments = {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": model}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    return {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}


def status(studio: Any, arn: str) -> str:
    return str(studio.call("DescribeModelPackage", ModelPackageName=arn)["ModelApprovalStatus"])


def test_groups_say_their_latest_version_and_what_is_approved(studio: Any, group: str) -> None:
    first = package(studio, group, 10.0, ModelApprovalStatus="Approved")
    second = package(studio, group, 9.0)
    page = studio.get(links.url("models"))
    assert f'href="{links.model_group(group)}"' in page.text
    assert f'href="{links.model_package(first)}"' in page.text
    assert f'href="{links.model_package(second)}"' in page.text


def test_versions_are_compared(studio: Any, group: str) -> None:
    for rmse in (12.0, 10.0, 9.0):
        package(studio, group, rmse)
    page = studio.get(links.model_group(group))
    plain = studio.elements(page.text).plain
    assert "regression_metrics.rmse9 ± 1.5-10.00%10 ± 1.512 ± 1.5" in plain
    assert HOSTILE not in page.text


def test_a_report_that_is_gone_or_no_json_is_no_accident(studio: Any, group: str) -> None:
    arn = package(studio, group, 1.0)
    described = studio.call("DescribeModelPackage", ModelPackageName=arn)
    uri = described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    put(studio, uri.removeprefix("s3://data/"), "[" * 5000)
    assert "Its reports have no numbers" in studio.get(links.model_package(arn)).text
    studio.runtime.objects.delete("data", uri.removeprefix("s3://data/"))
    assert "Its reports have no numbers" in studio.get(links.model_package(arn)).text


def test_a_version_says_what_it_was_trained_on(studio: Any, traced: tuple[str, str]) -> None:
    arn, execution = traced
    page = studio.get(links.model_package(arn))
    plain = studio.elements(page.text).plain
    assert f'href="{links.execution(execution, "Register")}"' in page.text
    assert plain.index("s3://data/raw/houses.csv") < plain.index("s3://data/prepared")
    etag = studio.runtime.objects.get("data", "raw/houses.csv").etag
    assert f"ETag {etag}" in plain
    assert f"SHA-256 {CODE}" in plain
    steps = studio.call("ListPipelineExecutionSteps", PipelineExecutionArn=execution)
    [job] = [
        step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
        for step in steps["PipelineExecutionSteps"]
        if "TrainingJob" in step["Metadata"]
    ]
    assert f'href="{links.training_job(job)}"' in page.text
    assert "after it was read" not in plain


def test_data_that_was_written_again_is_told(studio: Any, traced: tuple[str, str]) -> None:
    arn, _ = traced
    put(studio, "raw/houses.csv", "price,size\n9,9\n")
    plain = studio.elements(studio.get(links.model_package(arn)).text).plain
    assert plain.count("after it was read") == 1


def test_a_version_that_a_client_registered_says_so(studio: Any, group: str) -> None:
    page = studio.get(links.model_package(package(studio, group, 1.0)))
    assert "No execution of this state directory registered it" in page.text


@pytest.mark.parametrize(("verdict", "word"), [("approve", "Approved"), ("reject", "Rejected")])
def test_a_version_is_judged_by_its_form(studio: Any, group: str, verdict: str, word: str) -> None:
    arn = package(studio, group, 1.0)
    page = studio.get(links.model_package(arn))
    assert "PendingManualApproval" in page.text
    form = {"token": page.token, "seen": "PendingManualApproval", "note": HOSTILE}
    answer = studio.post(links.judge(arn, verdict), **form)
    assert answer.status == 303
    described = studio.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == word
    assert described["ApprovalDescription"] == HOSTILE
    after = studio.get(answer.headers["location"])
    assert f"It was PendingManualApproval, and is {word} since" in studio.elements(after.text).plain
    assert HOSTILE not in after.text


def test_a_verdict_on_something_else_by_now_is_refused(studio: Any, group: str) -> None:
    arn = package(studio, group, 1.0)
    token = studio.get(links.model_package(arn)).token
    studio.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    form = {"token": token, "seen": "PendingManualApproval"}
    answer = studio.post(links.judge(arn, "approve"), **form)
    assert answer.status == 409
    assert "It is Rejected by now" in answer.text
    assert status(studio, arn) == "Rejected"


def test_nothing_else_changes_a_version(studio: Any, group: str) -> None:
    arn = package(studio, group, 1.0)
    token = studio.get(links.model_package(arn)).token
    assert studio.get(links.judge(arn, "approve")).status == 405
    assert studio.post(links.judge(arn, "approve"), seen="PendingManualApproval").status == 403
    assert studio.post(links.judge(arn, "delete"), token=token).status == 404
    long = {"token": token, "seen": "PendingManualApproval", "note": "x" * 2000}
    assert studio.post(links.judge(arn, "approve"), **long).status == 400
    assert status(studio, arn) == "PendingManualApproval"


def test_a_package_without_a_group_has_a_page(studio: Any) -> None:
    answer = studio.call(
        "CreateModelPackage",
        ModelPackageName="alone",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    assert "alone" in studio.get(links.url("models")).text
    page = studio.get(links.model_package(answer["ModelPackageArn"]))
    assert page.status == 200
    assert "Approve" not in page.text


@pytest.mark.parametrize("path", ["models/nothing", "models/nothing/1", "models/a/b"])
def test_what_is_not_there(studio: Any, path: str) -> None:
    assert studio.get(f"/_studio/{path}").status == 404
