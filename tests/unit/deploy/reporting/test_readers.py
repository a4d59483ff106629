"""What jobs wrote, and what they might have written instead."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.reporting import values
from pipelines.deploy.reporting.curves import curves, thinned
from pipelines.deploy.reporting.profile import Profile, read_profile
from pipelines.deploy.reporting.quality import read_quality
from pipelines.deploy.reporting.trainings import read_training, read_tuning

NUMBERS = st.integers() | st.floats() | st.booleans()
JSON = st.recursive(
    st.none() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_a_manifest_is_read(manifest):
    profile = read_profile(manifest)
    assert profile.rows == 100
    assert profile.without_label == 2
    assert profile.parts == {"train": 78, "validation": 10, "test": 10}
    found = {each.name: each for each in profile.columns}
    assert (found["area"].missing, found["area"].features, found["area"].unreadable) == (25, 2, 3)
    assert found["id"].dropped == "an identifier"


def test_an_older_manifest_counts_no_missing_cells(manifest):
    del manifest["missing"], manifest["label_deciles"]
    profile = read_profile(manifest)
    assert {each.missing for each in profile.columns} == {None}
    assert profile.label_deciles == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("f1", "area:missing"), ("f3", "f3"), ("f", "f"), ("f-1", "f-1"), ("f²", "f²"), ("2", "2")],
)
def test_inputs_without_a_name_get_the_features(manifest, name, meant):
    assert read_profile(manifest).feature(name) == meant


@given(JSON)
def test_any_manifest_is_a_profile_or_none(document):
    assert isinstance(read_profile(document), Profile | None)


@given(st.data())
def test_a_manifest_with_anything_in_it_is_read(data):
    keys = ("rows", "columns", "dropped", "missing", "features", "label_deciles", "files", "label")
    document = {key: data.draw(JSON) for key in keys} | {"rows": {"read": 3}, "columns": {}}
    assert read_profile(document).rows == 3


def test_an_evaluation_is_read(evaluation):
    quality = read_quality(evaluation)
    assert quality.passed is True
    assert quality.interval == (0.2, 0.5)
    assert list(quality.importance) == ["f0", "f2"]
    assert len(quality.tuned.tenths) == len(quality.baseline.tenths) == 10
    assert quality.tuned.tenths[9].high == 100


def test_a_foreign_evaluation_says_nothing(evaluation):
    quality = read_quality({"regression_metrics": {}})
    assert (quality.tuned.percentiles, quality.importance, quality.passed) == ((), {}, None)


@given(st.data())
def test_any_evaluation_gives_only_finite_numbers_in_order(data):
    errors = ("error_percentiles", "error_by_decile")
    keys = (*errors, "rows", "baseline", "improvement_interval", "feature_importance", "quality")
    quality = read_quality({key: data.draw(JSON) for key in keys})
    found = [*quality.tuned.percentiles, *quality.interval, *quality.importance.values()]
    assert all(map(math.isfinite, found))
    assert list(quality.tuned.percentiles) == sorted(quality.tuned.percentiles)


def test_numbers_beyond_floats_count_as_not_there():
    assert values.finite(10**400) is None
    assert values.amount(json.loads("1e400")) is None


XGBOOST = [
    "noise",
    "[0]\ttrain-rmse:9.5\tvalidation-rmse:10",
    "[1]#011train-rmse:8#011validation-rmse:9",
]
LINEAR = [
    "#quality_metric: host=algo-1, epoch=0, train mse_objective <loss>=0.9",
    "#quality_metric: host=algo-1, epoch=0, validation mse_objective <loss>=1.5",
    "#quality_metric: host=algo-1, train mse <loss>=0.7",
]


def test_rounds_of_xgboost_are_read_with_tabs_of_either_kind():
    assert curves(XGBOOST, []) == {
        "train:rmse": [(0, 9.5), (1, 8)],
        "validation:rmse": [(0, 10), (1, 9)],
    }


def test_epochs_of_linear_learner_are_read():
    assert curves(LINEAR, []) == {
        "train:objective_loss": [(0, 0.9)],
        "validation:objective_loss": [(0, 1.5)],
    }


def test_the_jobs_own_definitions_count_their_matches():
    definitions = [
        {"Name": "loss", "Regex": "loss=([0-9.]+)"},
        {"Name": "broken", "Regex": "("},
        {"Name": "no group", "Regex": "loss"},
    ]
    found = curves(["loss=3", "loss=2 loss=1", "loss=x"], definitions)
    assert found == {"loss": [(0, 3), (1, 2), (2, 1)]}


@given(st.lists(st.text(alphabet="[]0123456789\t#:train-rmse=<>nanif,. ", max_size=60)))
def test_any_log_gives_finite_values(lines):
    for points in curves(lines, [{"Name": "any", "Regex": r"(\S+)"}]).values():
        assert all(math.isfinite(value) for _, value in points)


@given(st.integers(1, 500), st.integers(1, 50))
def test_a_thinned_curve_ends_where_it_ended(size, most):
    points = [(step, float(step)) for step in range(size)]
    found = thinned(points, most)
    assert len(found) == min(size, most)
    assert found[-1] == points[-1]
    assert found == sorted(set(found))


def test_a_job_that_never_ran_has_no_time():
    training = read_training({"TrainingJobName": "t", "TrainingJobStatus": "Failed"})
    assert training.seconds is None
    assert training.metrics == {}


def test_a_tuning_job_of_several_algorithms_has_the_first_ones_objective(moment):
    objective = {"Type": "Maximize", "MetricName": "validation:auc"}
    ranges = {
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0.1", "MaxValue": "1", "ScalingType": "Logarithmic"},
            {"Name": "alpha", "MinValue": "0", "MaxValue": "1", "ScalingType": "Auto"},
        ]
    }
    described = {
        "HyperParameterTuningJobName": "t",
        "HyperParameterTuningJobConfig": {"Strategy": "Random"},
        "TrainingJobDefinitions": [{"TuningObjective": objective, "HyperParameterRanges": ranges}],
    }
    summary = {
        "TrainingJobName": "t-1",
        "TrainingJobStatus": "Stopped",
        "TunedHyperParameters": {"eta": "0.5"},
        "TrainingStartTime": moment(0),
        "TrainingEndTime": moment(9),
    }
    found = read_tuning("Tune", described, [summary])
    assert (found.metric, found.maximise, found.logarithmic) == ("validation:auc", True, {"eta"})
    assert (found.trials[0].seconds, found.trials[0].objective, found.winner) == (9, None, None)
