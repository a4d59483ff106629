"""boto3 pointed at a served runtime does all of it without our commands."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.deploy.sample_data import write_sample

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
BUCKET = "sagemaker-us-east-1-123456789012"


def wait(sagemaker: Any, arn: str) -> Any:
    deadline = time.monotonic() + 120
    while True:
        execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if execution["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            return execution
        assert time.monotonic() < deadline, "the execution did not end"
        time.sleep(0.1)


@pytest.fixture
def definition(project: Any, tmp_path: Path) -> Any:
    """What `python -m pipelines.synth` wrote: the definition's text and its assets."""
    result = project.run("pipelines.synth", "house-price", "--out", str(tmp_path / "build"))
    assert result.returncode == 0, result.stderr
    folder = tmp_path / "build" / "house-price"
    return (folder / "definition.json").read_text(), json.loads(
        (folder / "assets.json").read_text()
    )


def test_a_pipeline_is_created_started_and_inspected(
    project: Any, definition: Any, connect: Callable[[str], Any], tmp_path: Path
) -> None:
    text, assets = definition
    write_sample(tmp_path / "houses.csv", rows=600, seed=1)
    with project.served() as url:
        client = connect(url)
        sagemaker, s3 = client("sagemaker"), client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.upload_file(str(tmp_path / "houses.csv"), BUCKET, "mine/houses.csv")
        for asset in assets:
            bucket, _, key = asset["uri"].removeprefix("s3://").partition("/")
            s3.upload_file(str(ROOT / asset["file"]), bucket, key)
        created = sagemaker.create_pipeline(
            PipelineName="house-price", PipelineDefinition=text, RoleArn=ROLE
        )
        assert created["PipelineArn"].endswith(":pipeline/house-price")
        started = sagemaker.start_pipeline_execution(
            PipelineName="house-price",
            PipelineParameters=[
                {"Name": "InputDataUri", "Value": f"s3://{BUCKET}/mine/houses.csv"},
                {"Name": "MaxTuningJobs", "Value": "2"},
                {"Name": "RmseThreshold", "Value": "1000000000"},
                {"Name": "MinimumImprovement", "Value": "-10"},
            ],
        )
        arn = started["PipelineExecutionArn"]
        execution = wait(sagemaker, arn)
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)[
            "PipelineExecutionSteps"
        ]
        assert execution["PipelineExecutionStatus"] == "Succeeded", steps
        metadata = {step["StepName"]: step["Metadata"] for step in steps}
        assert metadata["CheckQuality"] == {"Condition": {"Outcome": "True"}}
        tuning = metadata["TuneXGBoost"]["TuningJob"]["Arn"].rpartition("/")[2]
        described = sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=tuning
        )
        assert described["TrainingJobStatusCounters"]["Completed"] == 2
        best = described["BestTrainingJob"]
        trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=tuning
        )
        assert len(trials["TrainingJobSummaries"]) == 2
        job = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
        artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
        bucket, _, key = artifact.removeprefix("s3://").partition("/")
        s3.download_file(bucket, key, str(tmp_path / "model.tar.gz"))
        [package] = sagemaker.list_model_packages(ModelPackageGroupName=group_of(sagemaker))[
            "ModelPackageSummaryList"
        ]
        assert package["ModelPackageVersion"] == 1
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert archive.getnames() == ["xgboost-model"]


def group_of(sagemaker: Any) -> str:
    [group] = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    return str(group["ModelPackageGroupName"])
