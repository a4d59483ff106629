"""Requests of particular strategies, of several definitions, of autotune and of warm start."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.api import ApiError
from runtime.jobs.tuning.autotune import with_autotune
from runtime.jobs.tuning.checks import Code, check_tuning, resource_of
from runtime.jobs.tuning.request import definitions_of
from runtime.jobs.tuning.warm_start import check_warm_start, prior_trials
from runtime.tuning._base import Trial

RMSE = "validation:rmse"
CODE = Code(XGBoost(), (RMSE, "validation:mae"))
ETA = {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}
BOOSTER = {"Name": "max_depth", "Values": ["4", "6", "8"]}


def request(**changes: Any) -> dict[str, Any]:
    """`changes` replace members of the config; `definition` those of the training definition."""
    definition = {
        "AlgorithmSpecification": {"TrainingImage": "a.example/sagemaker-xgboost:3.0-5"},
        "StaticHyperParameters": {"num_round": "10"},
        "InputDataConfig": [{"ChannelName": "train"}],
        **changes.pop("definition", {}),
    }
    config = {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": RMSE},
        "ParameterRanges": {"ContinuousParameterRanges": [ETA]},
        "ResourceLimits": {"MaxParallelTrainingJobs": 1},
        **changes,
    }
    return {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": definition}


def several(*changes: dict[str, Any], **config: Any) -> dict[str, Any]:
    whole = request(**config)
    definition = {
        **whole.pop("TrainingJobDefinition"),
        "TuningObjective": {"Type": "Minimize", "MetricName": RMSE},
        "HyperParameterRanges": {"ContinuousParameterRanges": [ETA]},
    }
    whole["TrainingJobDefinitions"] = [{**definition, **change} for change in changes]
    return whole


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        check_tuning(document, [CODE] * len(definitions_of(document)))
    assert caught.value.code == "ValidationException"
    return caught.value.message


GRID = {"CategoricalParameterRanges": [BOOSTER]}
HYPERBAND = {"HyperbandStrategyConfig": {"MinResource": 9, "MaxResource": 3}}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (request(Strategy="Grid"), "categorical ranges only, but 'eta' is Continuous"),
        (
            request(
                Strategy="Grid",
                ParameterRanges=GRID,
                ResourceLimits={"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1},
            ),
            "MaxNumberOfTrainingJobs is 4, but the grid has 3 combinations",
        ),
        (request(StrategyConfig=HYPERBAND), "the strategy Bayesian has none"),
        (request(Strategy="Hyperband"), "needs MaxResource"),
        (request(Strategy="Hyperband", StrategyConfig=HYPERBAND), "but got 9 and 3"),
        (
            request(
                Strategy="Hyperband",
                StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 20_001}},
            ),
            "MaxResource <= 20000",
        ),
        (
            request(Strategy="Hyperband", TrainingJobEarlyStoppingType="Auto"),
            "TrainingJobEarlyStoppingType must be Off",
        ),
        (
            request(
                ParameterRanges={
                    "IntegerParameterRanges": [{**ETA, "MinValue": "0", "MaxValue": "1"}],
                    "ContinuousParameterRanges": [ETA],
                }
            ),
            "'eta' has 2 ranges",
        ),
        (
            request(
                ParameterRanges={
                    "ContinuousParameterRanges": [
                        {"Name": "max_depth", "MinValue": "2", "MaxValue": "8"}
                    ]
                }
            ),
            "'max_depth' of xgboost is an integer",
        ),
        (
            request(
                ParameterRanges={
                    "CategoricalParameterRanges": [
                        {"Name": "eta", "Values": [f"0.{n:03d}" for n in range(1, 40)]}
                    ]
                }
            ),
            "has 39 values; at most 30",
        ),
        (several({}, {}), "needs a DefinitionName"),
        (several({"DefinitionName": "a"}, {"DefinitionName": "a"}), "'a' is given 2 times"),
        (
            several(
                {"DefinitionName": "a"},
                {
                    "DefinitionName": "b",
                    "TuningObjective": {"Type": "Maximize", "MetricName": RMSE},
                },
            ),
            "must have the same Type",
        ),
        (
            several(
                {"DefinitionName": "a"},
                {"DefinitionName": "b"},
                TrainingJobEarlyStoppingType="Auto",
            ),
            "Auto is for one TrainingJobDefinition",
        ),
    ],
)
def test_what_a_strategy_cannot_work_with_is_refused(
    document: dict[str, Any], message: str
) -> None:
    assert message in refusal(document)


def test_everything_wrong_is_told_at_once() -> None:
    document = request(Strategy="Grid", definition={"StaticHyperParameters": {"eta": "1"}})
    found = refusal(document)
    assert "categorical" in found
    assert "both static and in a range" in found


def test_a_grid_of_the_right_size_and_several_definitions_are_fine() -> None:
    limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}
    check_tuning(request(Strategy="Grid", ParameterRanges=GRID, ResourceLimits=limits), [CODE])
    check_tuning(several({"DefinitionName": "a"}, {"DefinitionName": "b"}), [CODE, CODE])


@pytest.mark.parametrize("name", ["epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs"])
def test_hyperbands_most_resource_is_found_among_the_static_hyperparameters(name: str) -> None:
    document = request(Strategy="Hyperband", definition={"StaticHyperParameters": {name: "40"}})
    assert resource_of(document, definitions_of(document)[0]) == (1, 40)


def test_autotune_takes_recommended_ranges_and_leaves_what_is_given() -> None:
    document = request(
        ParameterRanges={
            "ContinuousParameterRanges": [ETA],
            "AutoParameters": [
                {"Name": "max_depth", "ValueHint": "6"},
                {"Name": "gamma", "ValueHint": "1"},
            ],
        }
    )
    tuned = with_autotune(document, XGBoost())["HyperParameterTuningJobConfig"]
    assert tuned["ParameterRanges"] == {
        "ContinuousParameterRanges": [ETA, {"Name": "gamma", "MinValue": "0", "MaxValue": "5"}],
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "0", "MaxValue": "10"}],
    }
    assert tuned["TrainingJobEarlyStoppingType"] == "Auto"
    assert tuned["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 20


@pytest.mark.parametrize("algorithm", [XGBoost(), LinearLearner()])
def test_autotune_without_ranges_tunes_what_matters_and_passes_the_checks(algorithm: Any) -> None:
    metric = next(metric.name for metric in algorithm.metrics if metric.objective)
    document = request(
        ParameterRanges={},
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": metric},
        definition={"StaticHyperParameters": {algorithm.autotuned[0]: "1"}},
    )
    tuned = with_autotune(document, algorithm)
    check_tuning(tuned, [Code(algorithm, (metric,))])
    names = {space.name for space in definitions_of(tuned)[0].ranges}
    assert names == set(algorithm.autotuned[1:])


def test_autotune_of_other_code_goes_by_the_hints() -> None:
    hints = {"rate": "0.01", "layers": "3", "offset": "-2", "none": "0", "kind": "relu"}
    automatic = [{"Name": name, "ValueHint": hint} for name, hint in hints.items()]
    tuned = with_autotune(request(ParameterRanges={"AutoParameters": automatic}), None)
    ranges = {space.name: space for space in definitions_of(tuned)[0].ranges}
    assert (ranges["rate"].low, ranges["rate"].high) == (0.001, 0.1)
    assert (ranges["layers"].kind, ranges["layers"].low, ranges["layers"].high) == (
        "Integer",
        0,
        30,
    )
    assert (ranges["offset"].low, ranges["offset"].high) == (-20, 0)
    assert ranges["none"].high == 1
    assert ranges["kind"].values == ("relu",)


def parent(status: str = "Completed", **changes: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": "older",
        "HyperParameterTuningJobStatus": status,
        **request(**changes),
    }


def warm(kind: str = "IdenticalDataAndAlgorithm", **changes: Any) -> dict[str, Any]:
    parents = [{"HyperParameterTuningJobName": "older"}]
    config = {"WarmStartType": kind, "ParentHyperParameterTuningJobs": parents}
    return {**request(**changes), "WarmStartConfig": config}


@pytest.mark.parametrize(
    ("child", "old", "message"),
    [
        (warm(), parent("InProgress"), "must be Completed, Stopped or Failed"),
        (
            warm(HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "v:mae"}),
            parent(),
            "its objective is Minimize validation:rmse",
        ),
        (
            warm(definition={"StaticHyperParameters": {"num_round": "10", "gamma": "1"}}),
            parent(),
            "their number must not change",
        ),
        (
            warm(ParameterRanges={"CategoricalParameterRanges": [{"Name": "eta", "Values": []}]}),
            parent(),
            "types must not change",
        ),
        (
            warm(definition={"InputDataConfig": [{"ChannelName": "other"}]}),
            parent(),
            "Only the following fields in TrainingJobDefinition are allowed to change",
        ),
        (
            warm(
                "TransferLearning",
                definition={
                    "AlgorithmSpecification": {"TrainingImage": "a.example/linear-learner:1"}
                },
            ),
            parent(),
            "only the version of the image may change",
        ),
        (
            warm(definition={"StaticHyperParameters": {f"h{n}": "new" for n in range(11)}}),
            parent(definition={"StaticHyperParameters": {f"h{n}": "old" for n in range(11)}}),
            "11 hyperparameters became static or changed",
        ),
    ],
)
def test_parents_that_do_not_fit_are_refused(
    child: dict[str, Any], old: dict[str, Any], message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        check_warm_start(child, [old])
    assert "'older': " in caught.value.message
    assert message in caught.value.message


def test_warm_start_may_change_what_its_type_allows() -> None:
    wider = {"ContinuousParameterRanges": [{**ETA, "MaxValue": "0.9"}]}
    check_warm_start(warm(ParameterRanges=wider), [parent("Failed")])
    data = {"InputDataConfig": [{"ChannelName": "other"}]}
    check_warm_start(warm("TransferLearning", definition=data), [parent("Stopped")])


def old_job(number: int, eta: str, value: float | None, status: str) -> dict[str, Any]:
    metrics = [] if value is None else [{"MetricName": RMSE, "Value": value}]
    return {
        "TrainingJobName": f"older-{number:03d}",
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"eta": eta},
        "FinalMetricDataList": metrics,
    }


def test_what_parents_found_inside_of_the_ranges_is_known_before_the_first_trial() -> None:
    jobs = [
        old_job(1, "0.2", 3.0, "Completed"),
        old_job(2, "0.9", 1.0, "Completed"),
        old_job(3, "0.3", None, "Failed"),
        old_job(4, "0.4", 2.0, "Stopped"),
    ]
    rounds = {"Name": "num_round", "MinValue": "1", "MaxValue": "50"}
    ranges = {"ContinuousParameterRanges": [ETA], "IntegerParameterRanges": [rounds]}
    child = definitions_of(warm(ParameterRanges=ranges))[0]
    # num_round was static at 10 and is tuned now.
    assert list(prior_trials(child, parent(), jobs)) == [
        Trial(-1, {"num_round": "10", "eta": "0.2"}, 3.0),
        Trial(-4, {"num_round": "10", "eta": "0.4"}, 2.0),
    ]
