"""Whole tuning jobs with the real algorithms: strategies, early ends, warm start, several definitions, shared data."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from runtime.api import ApiError

RMSE = "validation:rmse"
STATIC = {"num_round": "30", "objective": "reg:squarederror", "eval_metric": "rmse"}
ETA = {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.6"}
DEPTH = {"Name": "max_depth", "MinValue": "2", "MaxValue": "6"}
RANGES = {"ContinuousParameterRanges": [ETA], "IntegerParameterRanges": [DEPTH]}


def request(local: Any, jobs: int | None, **config: Any) -> dict[str, Any]:
    definition = config.pop("definition", {})
    limits = {"MaxParallelTrainingJobs": 2}
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": RMSE},
            "ResourceLimits": {**limits, "MaxNumberOfTrainingJobs": jobs} if jobs else limits,
            "ParameterRanges": RANGES,
            "RandomSeed": 5,
            **config,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": STATIC,
            **local.training(),
            **definition,
        },
    }


def start(local: Any, name: str, **members: Any) -> None:
    local.call("CreateHyperParameterTuningJob", HyperParameterTuningJobName=name, **members)


def run(local: Any, name: str, **members: Any) -> dict[str, Any]:
    start(local, name, **members)
    return dict(local.ended("HyperParameterTuningJob", name))


def trials(local: Any, name: str) -> list[dict[str, Any]]:
    answer = local.call(
        "ListTrainingJobsForHyperParameterTuningJob",
        HyperParameterTuningJobName=name,
        MaxResults=100,
    )
    return list(answer["TrainingJobSummaries"])


def value(entry: dict[str, Any]) -> float:
    return float(entry["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def found(local: Any, name: str) -> list[tuple[dict[str, str], str, float]]:
    """What each trial tried, how it ended and what came of it."""
    return [
        (entry["TunedHyperParameters"], entry["TrainingJobStatus"], value(entry))
        for entry in trials(local, name)
    ]


def test_a_grid_has_every_combination_once_and_its_size_is_filled_in(local: Any) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "max_depth", "Values": ["2", "4"]},
            {"Name": "eta", "Values": ["0.1", "0.3", "0.5"]},
        ]
    }
    job = run(local, "grid", **request(local, None, Strategy="Grid", ParameterRanges=ranges))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    limits = job["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxNumberOfTrainingJobs"] == 6
    tried = [tuple(entry["TunedHyperParameters"].values()) for entry in trials(local, "grid")]
    assert tried == [(depth, eta) for depth in ("2", "4") for eta in ("0.1", "0.3", "0.5")]


def test_hyperband_stops_weak_jobs_the_same_ones_each_time(local: Any) -> None:
    config = {"HyperbandStrategyConfig": {"MinResource": 3, "MaxResource": 30}}
    searches = []
    for name in ("band-1", "band-2"):
        whole = request(local, 14, Strategy="Hyperband", StrategyConfig=config)
        job = run(local, name, **whole)
        assert job["HyperParameterTuningJobStatus"] == "Completed"
        searches.append(found(local, name))
    assert searches[0] == searches[1]
    counters = job["TrainingJobStatusCounters"]
    assert counters["Stopped"] > 0
    assert counters["Completed"] > 0
    assert counters["Stopped"] + counters["Completed"] == 14
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 14
    assert job["BestTrainingJob"]["TrainingJobStatus"] == "Completed"
    stopped = next(one for one in trials(local, name) if one["TrainingJobStatus"] == "Stopped")
    rounds = local.log("TrainingJob", stopped["TrainingJobName"]).count("validation-rmse")
    assert rounds in (3, 9, 27)


def test_hyperband_lets_no_job_pass_the_most_resource(local: Any) -> None:
    config = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 5}}
    run(local, "most", **request(local, 2, Strategy="Hyperband", StrategyConfig=config))
    for entry in trials(local, "most"):
        assert entry["TrainingJobStatus"] == "Stopped"
        assert local.log("TrainingJob", entry["TrainingJobName"]).count("validation-rmse") == 6


def test_early_stopping_stops_what_is_worse_than_the_median_and_repeats(local: Any) -> None:
    searches = []
    for name in ("early-1", "early-2"):
        job = run(local, name, **request(local, 14, TrainingJobEarlyStoppingType="Auto"))
        searches.append(found(local, name))
    assert searches[0] == searches[1]
    stopped = [entry for entry in trials(local, name) if entry["TrainingJobStatus"] == "Stopped"]
    assert 0 < len(stopped) < 9
    assert job["TrainingJobStatusCounters"]["Stopped"] == len(stopped)
    assert min(map(value, stopped)) > value(job["BestTrainingJob"])
    described = local.call("DescribeTrainingJob", TrainingJobName=stopped[0]["TrainingJobName"])
    assert described["SecondaryStatus"] == "Stopped"
    # It has not saved a model yet, as in the container.
    assert "ModelArtifacts" not in described


def test_a_script_is_stopped_early_by_what_it_prints(local: Any) -> None:
    # It would print its last line when the others are long ended.
    code = """
import argparse, pathlib, time
parser = argparse.ArgumentParser()
parser.add_argument("--level", type=float)
level = parser.parse_known_args()[0].level
for epoch in range(5):
    print(f"loss={level}", flush=True)
if level > 5:
    time.sleep(600)
pathlib.Path("/opt/ml/model/m").write_text("m")
"""
    local.put("scripts/level/train.py", code)
    levels = ["1", "2", "3", "4", "5", "1", "2", "3", "9"]
    definition = {
        **local.training(),
        "AlgorithmSpecification": {
            "TrainingImage": local.sklearn,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        },
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://test-bucket/scripts/level/",
        },
    }
    del definition["InputDataConfig"]
    whole = request(
        local,
        None,
        Strategy="Grid",
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "loss"},
        ParameterRanges={"CategoricalParameterRanges": [{"Name": "level", "Values": levels}]},
        TrainingJobEarlyStoppingType="Auto",
    )
    whole["TrainingJobDefinition"] = definition
    job = run(local, "script-early", **whole)
    assert job["TrainingJobStatusCounters"]["Stopped"] >= 1
    assert trials(local, "script-early")[-1]["TrainingJobStatus"] == "Stopped"
    assert value(job["BestTrainingJob"]) == 1


def test_a_target_ends_the_search_and_completes_it(local: Any) -> None:
    criteria = {"TargetObjectiveMetricValue": 100.0}
    whole = request(local, 50, TuningJobCompletionCriteria=criteria)
    job = run(local, "target", **whole)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert len(trials(local, "target")) < 10
    assert job["ConsumedResources"]["RuntimeInSeconds"] >= 0


def test_a_search_that_finds_nothing_better_ends(local: Any) -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    ranges = {"CategoricalParameterRanges": [{"Name": "max_depth", "Values": ["3"]}]}
    whole = request(local, 50, TuningJobCompletionCriteria=criteria, ParameterRanges=ranges)
    job = run(local, "stale", **whole)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert 4 <= len(trials(local, "stale")) <= 8
    details = job["TuningJobCompletionDetails"]
    assert details["NumberOfTrainingJobsObjectiveNotImproving"] >= 3


def test_a_search_whose_time_is_over_stops_its_jobs_and_is_complete(local: Any) -> None:
    static = {name: text for name, text in STATIC.items() if name != "num_round"}
    ranges = {"CategoricalParameterRanges": [{"Name": "num_round", "Values": ["1", "100000000"]}]}
    whole = request(local, 50, ParameterRanges=ranges, definition={"StaticHyperParameters": static})
    # Shorter than the API allows, so that the test is.
    whole["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxRuntimeInSeconds"] = 3
    whole["HyperParameterTuningJobName"] = "timed"
    local.runtime.jobs.tuning.create(whole)
    job = local.ended("HyperParameterTuningJob", "timed")
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert job["TrainingJobStatusCounters"]["Stopped"] > 0


def test_warm_start_begins_where_its_parent_ended(local: Any) -> None:
    run(local, "parent", **request(local, 6))
    best = value(local.ended("HyperParameterTuningJob", "parent")["BestTrainingJob"])
    config = {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}],
    }
    parents = local.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="parent")
    definition = {
        key: member
        for key, member in parents["TrainingJobDefinition"].items()
        if key != "StaticHyperParameters"
    }
    whole = request(local, 3, Strategy="Bayesian", definition=definition)
    cold = run(local, "cold", **whole)
    warm = run(local, "warm", **whole, WarmStartConfig=config)
    assert warm["HyperParameterTuningJobStatus"] == "Completed"
    assert "OverallBestTrainingJob" not in cold
    overall = warm["OverallBestTrainingJob"]
    assert value(overall) == min(best, value(warm["BestTrainingJob"]))
    assert overall["TuningJobName"] in ("parent", "warm")
    assert found(local, "warm") != found(local, "cold")


def test_a_parent_that_does_not_exist_or_fit_is_refused(local: Any) -> None:
    config = {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "nobody"}],
    }
    with pytest.raises(ApiError) as caught:
        start(local, "orphan", **request(local, 1), WarmStartConfig=config)
    assert caught.value.code == "ResourceNotFound"


def test_several_definitions_share_the_jobs_and_have_one_best(local: Any) -> None:
    whole = request(local, 6)
    config = whole["HyperParameterTuningJobConfig"]
    del config["ParameterRanges"], config["HyperParameterTuningJobObjective"]
    shared = whole.pop("TrainingJobDefinition")
    linear = {
        "AlgorithmSpecification": {
            "TrainingImage": "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1",
            "TrainingInputMode": "File",
        },
        "StaticHyperParameters": {"predictor_type": "regressor", "epochs": "2"},
    }
    rate = {"Name": "learning_rate", "MinValue": "0.001", "MaxValue": "0.1"}
    whole["TrainingJobDefinitions"] = [
        {
            **shared,
            "DefinitionName": "trees",
            "TuningObjective": {"Type": "Minimize", "MetricName": "validation:mse"},
            "StaticHyperParameters": {**STATIC, "eval_metric": "mse"},
            "HyperParameterRanges": RANGES,
        },
        {
            **shared,
            **linear,
            "DefinitionName": "lines",
            "TuningObjective": {"Type": "Minimize", "MetricName": "validation:mse"},
            "HyperParameterRanges": {"ContinuousParameterRanges": [rate]},
        },
    ]
    job = run(local, "several", **whole)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    entries = trials(local, "several")
    assert [entry["TrainingJobDefinitionName"] for entry in entries] == ["trees", "lines"] * 3
    assert set(entries[1]["TunedHyperParameters"]) == {"learning_rate"}
    best = job["BestTrainingJob"]
    assert value(best) == min(map(value, entries))
    assert best["TrainingJobDefinitionName"] in ("trees", "lines")


def test_autotune_shows_the_ranges_it_chose(local: Any) -> None:
    whole = request(local, 2, ParameterRanges={})
    job = run(local, "automatic", **whole, Autotune={"Mode": "Enabled"})
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    ranges = job["HyperParameterTuningJobConfig"]["ParameterRanges"]["ContinuousParameterRanges"]
    assert {entry["Name"] for entry in ranges} == {"alpha", "min_child_weight", "subsample", "eta"}
    assert set(trials(local, "automatic")[0]["TunedHyperParameters"]) == {
        entry["Name"] for entry in ranges
    }


def test_the_data_is_read_once_for_all_training_jobs(local: Any) -> None:
    channels = []
    for name, seed in (("train", 0), ("validation", 1)):
        content = local.read(local.data(seed)).decode()
        channels.append(local.channel(name, local.put(f"once/{name}/rows.csv", content)))
    definition = {"InputDataConfig": channels}
    start(local, "once", **request(local, 12, definition=definition))
    local.wait_for(
        lambda: any(entry["TrainingJobStatus"] == "Completed" for entry in trials(local, "once"))
    )
    for name in ("train", "validation"):
        local.put(f"once/{name}/rows.csv", "nothing,a,machine,could\n,read")
    job = local.ended("HyperParameterTuningJob", "once")
    assert job["TrainingJobStatusCounters"]["Completed"] == 12
    last = trials(local, "once")[-1]["TrainingJobName"]
    assert "Determined delimiter of CSV input is ','" in local.log("TrainingJob", last)
    assert not list((local.directory / "state/jobs/HyperParameterTuningJob").iterdir())


def test_data_that_cannot_be_read_fails_each_training_job_with_its_reason(local: Any) -> None:
    bad = local.channel("train", local.put("unreadable/rows.csv", "1,2\n3,word\n"))
    definition = {"InputDataConfig": [bad, local.channel("validation", local.data(1))]}
    job = run(local, "unreadable", **request(local, 4, definition=definition))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    for entry in trials(local, "unreadable"):
        assert "'word' is not a number" in entry["FailureReason"]


def test_a_job_whose_data_process_dies_is_retried_as_asked(
    local: Any,
    wait_for: Callable[[Callable[[], object]], None],
    data_processes: Callable[[], list[int]],
) -> None:
    long = {**STATIC, "num_round": "100000000"}
    definition = {"StaticHyperParameters": long, "RetryStrategy": {"MaximumRetryAttempts": 1}}
    whole = request(local, 1, definition=definition)
    whole["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = 1
    start(local, "unlucky", **whole)

    def running() -> bool:
        entries = trials(local, "unlucky")
        log = local.log("TrainingJob", entries[0]["TrainingJobName"]) if entries else ""
        return "validation-rmse" in log

    wait_for(running)
    name = trials(local, "unlucky")[0]["TrainingJobName"]
    for expected in ("Restarting", "Failed"):
        rounds = local.log("TrainingJob", name).count("[0]\t")
        os.kill(*data_processes(), signal.SIGKILL)

        def moved_on(rounds: int = rounds, expected: str = expected) -> bool:
            job = local.call("DescribeTrainingJob", TrainingJobName=name)
            past = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
            again = local.log("TrainingJob", name).count("[0]\t") > rounds
            return expected in past and (again or expected == "Failed")

        wait_for(moved_on)
    job = local.ended("HyperParameterTuningJob", "unlucky")
    assert job["TrainingJobStatusCounters"]["RetryableError"] == 1
    reason = local.call("DescribeTrainingJob", TrainingJobName=name)["FailureReason"]
    assert reason.startswith("InternalServerError")
