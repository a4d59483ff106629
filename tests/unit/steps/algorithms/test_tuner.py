from __future__ import annotations

import pytest
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger

from pipelines.definition.algorithms._base import Direction
from steps.algorithms.estimator import Channel, estimator
from steps.algorithms.linear_learner import linear_learner
from steps.algorithms.ranges import CategoricalRange, ContinuousRange, IntegerRange
from steps.algorithms.search import Completion, WarmStart
from steps.algorithms.tuner import Objective, Search, tuner
from steps.algorithms.values import InvalidEstimator
from steps.algorithms.xgboost import xgboost

RMSE = Objective("validation:rmse", Direction.MINIMIZE)
ETA = {"eta": ContinuousRange(0.01, 0.3)}
SEARCH = Search(4, 2)


@pytest.fixture
def boosted(settings):
    return xgboost(settings, objective="reg:squarederror", num_round=10)


def problems(*arguments):
    with pytest.raises(InvalidEstimator) as error:
        tuner(*arguments)
    return error.value.problems


def test_a_request_has_objective_ranges_limits_and_static_values(boosted):
    ranges = {
        **ETA,
        "max_depth": IntegerRange(2, 8, "Linear"),
        "lambda": ContinuousRange(0.1, ParameterFloat("MostL2", default_value=10.0), "Logarithmic"),
    }
    search = Search(ParameterInteger("Jobs", default_value=9), 3, "Random", "Auto", 7)
    made = tuner(boosted, RMSE, ranges, search)
    request = made.request({"train": Channel("s3://b/t"), "validation": Channel("s3://b/v")})
    config = request["HyperParameterTuningJobConfig"]
    assert config["HyperParameterTuningJobObjective"] == {
        "Type": "Minimize",
        "MetricName": "validation:rmse",
    }
    assert config["Strategy"] == "Random"
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert config["RandomSeed"] == 7
    assert config["ResourceLimits"]["MaxNumberOfTrainingJobs"].expr == {"Get": "Parameters.Jobs"}
    assert config["ParameterRanges"]["IntegerParameterRanges"] == [
        {"Name": "max_depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}
    ]
    [_, l2] = config["ParameterRanges"]["ContinuousParameterRanges"]
    assert l2["MaxValue"].expr == {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.MostL2"}]}}
    static = request["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static == {"objective": "reg:squarederror", "num_round": "10"}


@pytest.mark.parametrize(
    ("objective", "problem"),
    [
        (Objective("validation:rsme", Direction.MINIMIZE), "is not a metric that xgboost emits"),
        (Objective("train:rmse", Direction.MINIMIZE), "may not be an objective"),
        (Objective("validation:rmse", Direction.MAXIMIZE), "direction Maximize is not allowed"),
    ],
)
def test_an_objective_the_algorithm_cannot_serve_is_refused(boosted, objective, problem):
    [found] = problems(boosted, objective, ETA, SEARCH)
    assert problem in found


def test_a_metric_of_another_predictor_type_is_refused(settings):
    linear = linear_learner(settings, predictor_type="regressor")
    objective = Objective("validation:binary_f_beta", Direction.MAXIMIZE)
    [found] = problems(linear, objective, {"wd": ContinuousRange(1e-7, 1.0)}, SEARCH)
    assert "is not a metric that linear-learner emits" in found


@pytest.mark.parametrize(
    ("name", "entry", "problem"),
    [
        ("max_bin", IntegerRange(2, 9), "max_bin: cannot be tuned; xgboost tunes: alpha, "),
        ("max_dept", IntegerRange(2, 9), "max_dept: xgboost has no such hyperparameter; did"),
        ("max_depth", ContinuousRange(2, 9), "max_depth: a continuous range is not allowed"),
        ("max_depth", IntegerRange(-1, 9), "max_depth: '-1' is not allowed; allowed: integer >= 0"),
        ("max_depth", IntegerRange(2.5, 9), "max_depth: a bound of the range must be an integer"),
        ("eta", ContinuousRange(0.1, 1.5), "eta: '1.5' is not allowed; allowed: number in [0, 1]"),
        ("eta", ContinuousRange(0.3, 0.1), "eta: the range from 0.3 to 0.1 is empty"),
        ("eta", ContinuousRange(0, 0.1, "Logarithmic"), "eta: Logarithmic scaling needs a lower"),
        ("eta", ContinuousRange(0.1, 1.0, "ReverseLogarithmic"), "eta: ReverseLogarithmic scaling"),
        ("max_depth", IntegerRange(0, 1, "ReverseLogarithmic"), "max_depth: ReverseLogarithmic"),
        ("eta", ContinuousRange(0.1, 0.2, "log"), "eta: scaling 'log' is not allowed; allowed: "),
        ("eta", CategoricalRange((0.1, 2)), "eta: '2' is not allowed; allowed: number in [0, 1]"),
        ("num_round", IntegerRange(1, 9), "num_round: has a value and a range; drop one"),
    ],
)
def test_a_range_the_service_would_refuse_is_named(boosted, name, entry, problem):
    assert problems(boosted, RMSE, {name: entry}, SEARCH)[0].startswith(problem)


def test_a_range_may_bring_a_required_hyperparameter(settings):
    bare = xgboost(settings, objective="reg:squarederror")
    assert tuner(bare, RMSE, {"num_round": IntegerRange(10, 20)}, SEARCH)
    [found] = problems(bare, RMSE, ETA, SEARCH)
    assert found == "num_round: is required; give it a value or a range"


def test_there_are_limits_on_ranges_and_values(settings):
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    own = estimator(settings, image, {}, {"loss": "loss=(.*)"})
    many = {f"x{index}": ContinuousRange(0, 1) for index in range(31)}
    objective = Objective("loss", Direction.MINIMIZE)
    assert problems(own, objective, many, SEARCH) == (
        "31 ranges are not allowed; allowed: 1 to 30",
    )
    values = {"x": CategoricalRange(tuple(range(31)))}
    assert problems(own, objective, values, SEARCH) == (
        "x: 31 values are not allowed; allowed: 1 to 30",
    )
    assert "has no metric definition" in problems(own, RMSE, ETA, SEARCH)[0]


@pytest.mark.parametrize(
    ("search", "problem"),
    [
        (Search(0, 1), "max_jobs must be at least 1 but got 0"),
        (Search(4, ParameterInteger("P", default_value=0)), "max_parallel_jobs must be at least"),
        (Search(4.5, 1), "max_jobs must be an integer but got 4.5"),
        (Search(4, 1, "Bayes"), "strategy 'Bayes' is not allowed; allowed: Bayesian, "),
        (Search(4, 1, early_stopping="On"), "early stopping 'On' is not allowed; allowed: Off, "),
        (Search(4, 1, seed=-1), "seed must be an integer of 0 or more but got -1"),
        (Search(4, 1, resource=(1, 9)), "resource is Hyperband's"),
        (Search(4, 1, "Hyperband", resource=(9, 9)), "resource must be (least, most)"),
        (Search(4, 1, "Hyperband", "Auto"), "early stopping must be Off"),
        (Search(4, 1, "Grid"), "eta: strategy Grid takes categorical ranges only"),
    ],
)
def test_a_search_the_service_would_refuse_is_named(boosted, search, problem):
    [found] = problems(boosted, RMSE, ETA, search)
    assert found.startswith(problem)


def test_a_grid_runs_every_cell(boosted):
    grid = {"eta": CategoricalRange((0.1, 0.2)), "max_depth": CategoricalRange((3, 4, 5))}
    assert tuner(boosted, RMSE, grid, Search(6, 2, "Grid"))
    [found] = problems(boosted, RMSE, grid, Search(5, 2, "Grid"))
    assert found == "max_jobs must be 6, the size of the grid, but got 5"


def test_the_objectives_channel_must_be_there(boosted):
    with pytest.raises(InvalidEstimator, match="measured on channel 'validation'"):
        tuner(boosted, RMSE, ETA, SEARCH).request({"train": Channel("s3://b/t")})


def test_what_ends_a_search_and_what_it_starts_from_are_members_of_the_request(
    boosted,
):
    search = Search(
        20,
        2,
        completion=Completion(
            target=0.5, not_improving=6, on_convergence=True, max_runtime_seconds=600
        ),
        warm_start=WarmStart(("older", "oldest"), "TransferLearning"),
    )
    request = tuner(boosted, RMSE, ETA, search).request(
        {"train": Channel("s3://b/t"), "validation": Channel("s3://b/v")}
    )
    config = request["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"]["MaxRuntimeInSeconds"] == 600
    assert config["TuningJobCompletionCriteria"] == {
        "TargetObjectiveMetricValue": 0.5,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 6},
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
    }
    assert request["WarmStartConfig"] == {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [
            {"HyperParameterTuningJobName": "older"},
            {"HyperParameterTuningJobName": "oldest"},
        ],
    }


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (Search(5, 1, completion=Completion(not_improving=2)), "at least 3 jobs but got 2"),
        (Search(5, 1, completion=Completion(max_runtime_seconds=60)), "must be 120 to"),
        (Search(5, 1, completion=Completion(target=float("nan"))), "must be a finite number"),
        (Search(5, 1, warm_start=WarmStart(())), "1 to 5 parents but got 0"),
        (Search(5, 1, warm_start=WarmStart(("a",), "Same")), "warm start 'Same' is not allowed"),
    ],
)
def test_an_end_or_a_start_that_the_service_would_refuse_is_an_error(boosted, search, message):
    [problem] = problems(boosted, RMSE, ETA, search)
    assert message in problem
