"""Tuning and batch transform with the real algorithm."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from runtime.api import ApiError

STATIC = {"num_round": "15", "objective": "reg:squarederror", "eval_metric": "rmse"}


def tuning(local: Any, jobs: int, **definition: Any) -> dict[str, Any]:
    eta = {"Name": "eta", "MinValue": "0.05", "MaxValue": "0.5"}
    depth = {"Name": "max_depth", "MinValue": "2", "MaxValue": "6"}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [eta],
                "IntegerParameterRanges": [depth],
            },
            "RandomSeed": 7,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": STATIC,
            **local.training(),
            **definition,
        },
    }


def run(local: Any, name: str, **request: Any) -> dict[str, Any]:
    local.call("CreateHyperParameterTuningJob", HyperParameterTuningJobName=name, **request)
    return dict(local.ended("HyperParameterTuningJob", name))


def summaries(local: Any, name: str, **request: Any) -> list[dict[str, Any]]:
    answer = local.call(
        "ListTrainingJobsForHyperParameterTuningJob",
        HyperParameterTuningJobName=name,
        MaxResults=100,
        **request,
    )
    return list(answer["TrainingJobSummaries"])


def test_a_tuning_job_trains_its_jobs_and_names_the_best(local: Any) -> None:
    job = run(local, "tune", **tuning(local, 6))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 6
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 6, "Pending": 0, "Failed": 0}
    trained = summaries(local, "tune")
    assert [entry["TrainingJobName"][:9] for entry in trained] == [
        f"tune-{number:03d}-" for number in range(1, 7)
    ]
    ranked = summaries(local, "tune", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    best = job["BestTrainingJob"]
    assert ranked[0]["TrainingJobName"] == best["TrainingJobName"]
    assert set(best["TunedHyperParameters"]) == {"eta", "max_depth"}
    child = local.call("DescribeTrainingJob", TrainingJobName=best["TrainingJobName"])
    assert child["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert child["HyperParameters"] == {
        **STATIC,
        **best["TunedHyperParameters"],
        "_tuning_objective_metric": "validation:rmse",
    }


def test_the_same_seed_gives_the_same_search_although_jobs_run_in_parallel(local: Any) -> None:
    searches = []
    for name in ("seeded-1", "seeded-2"):
        run(local, name, **tuning(local, 5))
        searches.append(
            [
                (
                    entry["TunedHyperParameters"],
                    entry["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
                )
                for entry in summaries(local, name)
            ]
        )
    assert searches[0] == searches[1]


def test_failed_jobs_cost_their_place_and_a_seed_repeats_a_search_whatever_takes_how_long(
    local: Any,
) -> None:
    searches = []
    for name in ("uneven-1", "uneven-2"):
        static = {key: value for key, value in STATIC.items() if key != "num_round"}
        request = tuning(local, 10, StaticHyperParameters=static)
        config = request["HyperParameterTuningJobConfig"]
        config["ResourceLimits"]["MaxParallelTrainingJobs"] = 3
        config["TrainingJobEarlyStoppingType"] = "Auto"
        # The algorithm refuses an eta above 1, and the number of rounds makes jobs short and long.
        eta = {"Name": "eta", "MinValue": "0.1", "MaxValue": "1.5"}
        rounds = {"Name": "num_round", "MinValue": "1", "MaxValue": "300"}
        config["ParameterRanges"] = {
            "ContinuousParameterRanges": [eta],
            "IntegerParameterRanges": [rounds],
        }
        job = run(local, name, **request)
        assert job["HyperParameterTuningJobStatus"] == "Completed"
        searches.append([entry["TunedHyperParameters"] for entry in summaries(local, name)])
    assert searches[0] == searches[1]
    bad = sum(float(tuned["eta"]) > 1 for tuned in searches[1])
    assert 0 < bad < 10
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 10 - bad,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": bad,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 10 - bad, "Pending": 0, "Failed": bad}
    # Those without a value are left out, and the best is the first.
    ranked = summaries(local, name, SortBy="FinalObjectiveMetricValue")
    assert len(ranked) == 10 - bad
    assert ranked[0]["TrainingJobName"] == job["BestTrainingJob"]["TrainingJobName"]


def test_a_search_whose_first_five_jobs_fail_gives_up(local: Any) -> None:
    broken = {**STATIC, "objective": "survival:nonsense"}
    job = run(local, "hopeless", **tuning(local, 20, StaticHyperParameters=broken))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert 5 <= job["TrainingJobStatusCounters"]["NonRetryableError"] <= 7
    assert "BestTrainingJob" not in job


def test_stop_stops_the_training_jobs_too(local: Any) -> None:
    long = {**STATIC, "num_round": "1000000"}
    local.call(
        "CreateHyperParameterTuningJob",
        HyperParameterTuningJobName="halted",
        **tuning(local, 8, StaticHyperParameters=long),
    )
    local.wait_for(lambda: summaries(local, "halted"))
    assert (
        local.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="halted")[
            "TrainingJobStatusCounters"
        ]["InProgress"]
        > 0
    )
    local.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="halted")
    job = local.ended("HyperParameterTuningJob", "halted")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert {entry["TrainingJobStatus"] for entry in summaries(local, "halted")} == {"Stopped"}


def test_requests_that_make_no_sense_are_refused(local: Any) -> None:
    request = tuning(local, 2)
    request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] = "x"
    with pytest.raises(ApiError, match="objective metric 'x' is not emitted"):
        run(local, "no-metric", **request)
    with pytest.raises(ApiError) as caught:
        local.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="no-metric")
    assert caught.value.code == "ResourceNotFound"


@pytest.fixture(scope="module")
def model(local: Any) -> str:
    local.call(
        "CreateTrainingJob", TrainingJobName="for-model", HyperParameters=STATIC, **local.training()
    )
    job = local.ended("TrainingJob", "for-model")
    container = {
        "Image": local.xgboost,
        "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
    }
    local.call(
        "CreateModel", ModelName="model", ExecutionRoleArn=local.role, PrimaryContainer=container
    )
    return "model"


def transform(local: Any, model: str, uri: str, **source: Any) -> dict[str, Any]:
    return {
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
            "ContentType": "text/csv",
            "SplitType": "Line",
            **source,
        },
        "TransformOutput": {"S3OutputPath": "s3://test-bucket/scores", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def test_every_object_of_a_transform_gives_one_object_with_a_line_per_record(
    local: Any, model: str
) -> None:
    local.put("features/a.csv", "0.1,0.2\n0.9,0.8\n")
    local.put("features/deep/b.csv", "0.5,0.5")
    request = transform(local, model, "s3://test-bucket/features")
    local.call("CreateTransformJob", TransformJobName="score", **request)
    job = local.ended("TransformJob", "score")
    assert job["TransformJobStatus"] == "Completed", job
    low, high = map(float, local.read("s3://test-bucket/scores/a.csv.out").decode().split())
    assert low < 1.5 < 3 < high
    assert len(local.read("s3://test-bucket/scores/deep/b.csv.out").splitlines()) == 1


def test_one_bad_object_fails_the_job_and_keeps_the_others(local: Any, model: str) -> None:
    local.put("mixed/bad.csv", "a,b,c,d\n")
    local.put("mixed/good.csv", "0.1,0.2\n")
    request = transform(local, model, "s3://test-bucket/mixed")
    local.call("CreateTransformJob", TransformJobName="mixed", **request)
    job = local.ended("TransformJob", "mixed")
    assert job["TransformJobStatus"] == "Failed"
    assert "bad.csv" in job["FailureReason"]
    assert local.read("s3://test-bucket/scores/good.csv.out")


def test_a_model_archive_that_leads_out_of_its_folder_fails_the_job(local: Any) -> None:
    path = local.directory / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("../../outside")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    local.runtime.objects.put(local.bucket, "hostile/model.tar.gz", path)
    container = {
        "Image": local.xgboost,
        "ModelDataUrl": "s3://test-bucket/hostile/model.tar.gz",
    }
    local.call(
        "CreateModel", ModelName="hostile", ExecutionRoleArn=local.role, PrimaryContainer=container
    )
    local.put("hostile-in/a.csv", "0.1,0.2\n")
    request = transform(local, "hostile", "s3://test-bucket/hostile-in")
    local.call("CreateTransformJob", TransformJobName="hostile", **request)
    job = local.ended("TransformJob", "hostile")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: the model at s3://test-bucket/hostile")
    assert not list((local.directory / "state").rglob("outside"))


def test_a_transform_of_an_unknown_model_is_refused(local: Any) -> None:
    with pytest.raises(ApiError, match="Could not find model"):
        local.call(
            "CreateTransformJob",
            TransformJobName="nobody",
            **transform(local, "nobody", "s3://test-bucket/features"),
        )
