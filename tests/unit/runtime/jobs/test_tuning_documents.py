"""Requests of tuning jobs, and what is told of their training jobs."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.api import ApiError
from runtime.jobs.tuning.checks import Code, check_tuning
from runtime.jobs.tuning.request import definitions_of, with_defaults
from runtime.jobs.tuning.results import contenders, results
from runtime.tuning._base import Range, RangeKind, Scaling

CODE = Code(XGBoost(), ("validation:rmse", "validation:mae"))


def request(ranges: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": "t",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": config.pop("metric", "validation:rmse"),
            },
            "ParameterRanges": {"ContinuousParameterRanges": [eta()]} if ranges is None else ranges,
            **config,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": "i"},
            "StaticHyperParameters": {"num_round": "10"},
        },
    }


def eta(low: str = "0.1", high: str = "0.5", **more: str) -> dict[str, str]:
    return {"Name": "eta", "MinValue": low, "MaxValue": high, **more}


def test_ranges_are_read_with_their_scaling() -> None:
    ranges = {
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "8"}],
        "ContinuousParameterRanges": [eta(ScalingType="Logarithmic")],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
    }
    assert definitions_of(request(ranges))[0].ranges == (
        Range("max_depth", RangeKind.INTEGER, 2.0, 8.0),
        Range("eta", RangeKind.CONTINUOUS, 0.1, 0.5, scaling=Scaling.LOGARITHMIC),
        Range("booster", RangeKind.CATEGORICAL, values=("gbtree", "dart")),
    )


def continuous(*entries: dict[str, str]) -> dict[str, Any]:
    return {"ContinuousParameterRanges": list(entries)}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (request({}), "at least one range"),
        (request(continuous(eta("x"))), "'eta' needs continuous bounds"),
        (request(continuous(eta("0.6"))), "MinValue 0.6 above MaxValue 0.5"),
        (request(continuous(eta("0", ScalingType="Logarithmic"))), "must be above 0"),
        (request(continuous(eta(high="1", ScalingType="ReverseLogarithmic"))), "0 <= x < 1"),
        (request(continuous({**eta(), "Name": "num_round"})), "both static and in a range"),
        (request(continuous({**eta(), "Name": "nthread"})), "is not tunable; tunable: alpha"),
        (request(metric="validation:nothing"), "'validation:nothing' is not emitted"),
        ({**request(), "TrainingJobDefinitions": [{}, {}]}, "either a TrainingJobDefinition or"),
    ],
)
def test_a_request_that_cannot_work_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_tuning(document, [CODE])
    assert message in caught.value.message


def test_the_record_shows_scaling_and_the_objective_given_to_the_algorithm() -> None:
    filled = with_defaults(request())
    config = filled["HyperParameterTuningJobConfig"]
    assert config["ParameterRanges"]["ContinuousParameterRanges"][0]["ScalingType"] == "Auto"
    static = filled["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static["_tuning_objective_metric"] == "validation:rmse"


def job(number: int, status: str, value: float | None = None, **more: Any) -> dict[str, Any]:
    metrics = [] if value is None else [{"MetricName": "validation:rmse", "Value": value}]
    return {
        "TrainingJobName": f"t-{number:03d}",
        "TrainingJobStatus": status,
        "FinalMetricDataList": metrics,
        **more,
    }


def test_counters_and_the_best_follow_from_the_training_jobs() -> None:
    jobs = [
        job(1, "Completed", 2.0),
        job(2, "Completed", 1.0),
        job(3, "Completed", 1.0),
        job(4, "Completed"),
        job(5, "Failed", FailureReason="AlgorithmError: x"),
        job(6, "Failed", FailureReason="InternalServerError: x"),
        job(7, "InProgress"),
        job(8, "Stopped"),
    ]
    told = results(request(), jobs)
    assert told["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 1,
        "RetryableError": 1,
        "NonRetryableError": 1,
        "Stopped": 1,
    }
    assert told["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 1, "Failed": 4}
    assert told["BestTrainingJob"]["TrainingJobName"] == "t-002"


def test_a_job_that_was_stopped_is_the_best_only_when_none_has_completed() -> None:
    stopped = [job(1, "Stopped", 0.5), job(2, "Stopped", 0.7)]
    assert results(request(), stopped)["BestTrainingJob"]["TrainingJobName"] == "t-001"
    told = results(request(), [*stopped, job(3, "Completed", 2.0), job(4, "Stopped", 0.1)])
    assert told["BestTrainingJob"]["TrainingJobName"] == "t-003"
    assert told["TuningJobCompletionDetails"]["NumberOfTrainingJobsObjectiveNotImproving"] == 1
    assert told["ObjectiveStatusCounters"]["Succeeded"] == 4


def test_a_stopped_job_reaches_no_target_that_a_completed_one_has_missed() -> None:
    tried = [(2.0, "Completed"), (0.5, "Stopped"), (None, "Failed"), (1.5, "Completed")]
    assert contenders(tried) == [2.0, None, None, 1.5]
    assert contenders([(None, "Completed"), (0.5, "Stopped")]) == [None, 0.5]


def test_there_is_no_best_before_a_value() -> None:
    assert "BestTrainingJob" not in results(request(), [job(1, "InProgress")])


def test_a_maximised_objective_has_its_best_at_the_top() -> None:
    document = request()
    document["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"][
        "Type"
    ] = "Maximize"
    told = results(document, [job(1, "Completed", 2.0), job(2, "Completed", 1.0)])
    assert told["BestTrainingJob"]["TrainingJobName"] == "t-001"
