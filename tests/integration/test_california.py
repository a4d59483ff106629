"""The whole pipeline on real data: 20,640 districts with missing values and a text category."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

LABEL = ("--param", "LabelColumn=median_house_value")


def arguments(california: Path, seed: int, *more: str) -> list[str]:
    return [
        *("pipelines.upsert", "house-price", "--start", "--wait", "--input", str(california)),
        *(*LABEL, "--param", f"Seed={seed}", *more),
    ]


@pytest.fixture(scope="module", params=[0, 1, 2])
def execution(request: pytest.FixtureRequest, shared_project: Any, california: Path) -> Any:
    document = shared_project.document(
        *arguments(california, request.param, "--param", "MaxTuningJobs=20")
    )
    return document["pipelines"][0]


def test_the_execution_succeeds_and_registers_its_model(execution: Any) -> None:
    assert execution["execution"]["status"] == "Succeeded"
    statuses = {step["name"]: step["status"] for step in execution["steps"]}
    assert statuses.pop("QualityTooLow") == "NotRun"
    assert list(statuses) == ["Prepare", "TrainLinear", "TuneXGBoost", "CreateBaselineModel", "ScoreBaseline", "Evaluate", "CheckQuality", "Register"]  # fmt: skip
    assert set(statuses.values()) == {"Succeeded"}


def test_both_models_are_as_good_as_their_algorithms_reach_there(execution: Any) -> None:
    # A bare Optuna + XGBoost loop reaches 44,300 to 48,300, least squares 68,900 to 73,700.
    assert execution["metrics"]["tuned"]["rmse"]["value"] <= 48_500
    assert execution["metrics"]["baseline"]["rmse"]["value"] <= 76_000


def test_the_model_package_is_listed_with_its_metrics_and_its_artifact_reproduces_them(
    execution: Any, shared_project: Any, connect: Callable[[str], Any], tmp_path: Path
) -> None:
    with shared_project.served() as url:
        client = connect(url)
        sagemaker, s3 = client("sagemaker"), client("s3")
        [group] = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group["ModelPackageGroupName"])
        arns = [package["ModelPackageArn"] for package in listed["ModelPackageSummaryList"]]
        arn = next(step["job"] for step in execution["steps"] if step["name"] == "Register")
        assert arn in arns
        package = sagemaker.describe_model_package(ModelPackageName=arn)
        assert package["ModelApprovalStatus"] == "PendingManualApproval"
        report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        assert report.endswith("/evaluation.json")
        [container] = package["InferenceSpecification"]["Containers"]
        download(s3, container["ModelDataUrl"], tmp_path / "model.tar.gz")
        test = rows_of(sagemaker, execution)
        download(s3, f"{test}/test.csv", tmp_path / "test.csv")
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        archive.extract("xgboost-model", tmp_path, filter="data")
    booster = xgboost.Booster(model_file=str(tmp_path / "xgboost-model"))
    rows = np.loadtxt(tmp_path / "test.csv", delimiter=",")
    predicted = booster.predict(xgboost.DMatrix(rows[:, 1:]))
    rmse = float(np.sqrt(np.mean((predicted - rows[:, 0]) ** 2)))
    assert rmse == pytest.approx(execution["metrics"]["tuned"]["rmse"]["value"], rel=1e-6)


def test_a_bar_that_is_too_high_ends_in_the_fail_step_with_its_message(
    shared_project: Any, california: Path
) -> None:
    result = shared_project.run(
        *arguments(california, 0, "--param", "RmseThreshold=10000", "--param", "MaxTuningJobs=2")
    )
    assert result.returncode == 1
    assert "QualityTooLow" in result.stdout
    assert "is not below RmseThreshold 10,000" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def rows_of(sagemaker: Any, execution: Any) -> str:
    """The S3 prefix of the test rows, from the job that wrote them."""
    job = next(step["job"] for step in execution["steps"] if step["name"] == "Prepare")
    described = sagemaker.describe_processing_job(ProcessingJobName=job.rpartition("/")[2])
    outputs = described["ProcessingOutputConfig"]["Outputs"]
    return str(next(each["S3Output"]["S3Uri"] for each in outputs if each["OutputName"] == "test"))


def download(s3: Any, uri: str, target: Path) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3.download_file(bucket, key, str(target))
