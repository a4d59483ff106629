from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.algorithms.xgboost import channels, hyperparameters
from runtime.images._base import AlgorithmFailure

MINIMAL = {"num_round": "10", "objective": "reg:squarederror"}
FILE = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
CSV = {**FILE, "ContentType": "text/csv"}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({**MINIMAL, "depth": "3"}, "Extraneous hyperparameter found: depth"),
        (
            {"num_round": "5.0"},
            "Hyperparameter num_round: could not parse value (caused by ValueError)",
        ),
        ({**MINIMAL, "eta": "2"}, "Hyperparameter eta: 2.0 is not in [0, 1]"),
        ({**MINIMAL, "subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({**MINIMAL, "num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        (
            {**MINIMAL, "seed": "2147483647"},
            "Hyperparameter seed: 2147483647 is not in (-2147483648, 2147483647)",
        ),
        (
            {**MINIMAL, "booster": "tree"},
            "Hyperparameter booster: tree is not in ['gbtree', 'gblinear', 'dart']",
        ),
        ({**MINIMAL, "eval_metric": "rsme"}, "Hyperparameter eval_metric: value ['rsme'] not in"),
        ({**MINIMAL, "eval_metric": "rmse@2"}, "Metric 'rmse@2' is not supported."),
        ({**MINIMAL, "eval_metric": "map@x"}, "Threshold value 't' in 'map@t' expects float"),
        ({**MINIMAL, "eval_metric": "auc"}, "Metric 'auc' can only be applied for classification"),
        ({"num_round": "1", "eval_metric": "rmse"}, "KeyError: 'objective'"),
        ({**MINIMAL, "objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        (
            {**MINIMAL, "booster": "gblinear", "updater": "prune"},
            "Linear updater should be one of these options: 'shotgun', 'coord_descent'.",
        ),
        (
            {**MINIMAL, "updater": "shotgun"},
            "Tree updater should be selected from these options: 'grow_colmaker', 'distcol', ",
        ),
        (
            {**MINIMAL, "updater": "grow_colmaker,grow_histmaker"},
            "Only one tree grow plugin can be selected. Choose one from thefollowing: ",
        ),
        (
            {**MINIMAL, "updater": "grow_colmaker", "process_type": "update"},
            "process_type 'update' can only be used with updater 'refresh' and 'prune'",
        ),
        ({**MINIMAL, "updater": "x"}, "Hyperparameter updater: value ['x'] not in range ["),
        (
            {**MINIMAL, "prob_buffer_row": "1"},
            "Hyperparameter prob_buffer_row: 1 is not in (1.0, +inf)",
        ),
        (
            {**MINIMAL, "prob_buffer_row": "1.5"},
            "Hyperparameter prob_buffer_row: could not parse value (caused by ValueError)",
        ),
        ({**MINIMAL, "max_depth": "9" * 400}, f"Hyperparameter max_depth: {'9' * 400} is not in"),
        (
            {**MINIMAL, "eval_metric": "<function f>"},
            "User defined evaluation metric <function f> is not supported yet.",
        ),
        ({**MINIMAL, "eval_metric": "aft-nloglik"}, "Metric 'aft-nloglik' can only be applied for"),
        (
            {"num_round": "1", "_kfold": "2"},
            "XGB train call failed with exception:\n 'NoneType' object has no attribute",
        ),
        (
            {**MINIMAL, "interaction_constraints": "[[1]]"},
            "interaction_constraints can be used only when the tree_method parameter is set to "
            "either 'exact', 'hist' or 'approx'.",
        ),
        (
            {**MINIMAL, "monotone_constraints": "(1,)"},
            "monotone_constraints can be used only when the tree_method parameter is set to "
            "either 'exact' or 'hist'.",
        ),
    ],
)
def test_a_mistake_ends_the_job_in_the_containers_words(values: dict[str, str], text: str) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        hyperparameters.validate(values)
    assert str(failure.value).startswith(text)


def test_texts_become_numbers_lists_and_real_names() -> None:
    values = hyperparameters.validate(
        {**MINIMAL, "learning_rate": "0.5", "eval_metric": "mae,rmse", "max_depth": "4"}
    )
    assert values == {
        "num_round": 10,
        "objective": "reg:squarederror",
        "eta": 0.5,
        "eval_metric": ["mae", "rmse"],
        "max_depth": 4,
    }


@given(
    st.dictionaries(
        st.sampled_from([known.name for known in XGBoost().hyperparameters]),
        st.one_of(
            st.text(),
            st.floats().map(repr),
            st.sampled_from(["reg:squarederror", "rmse", "hist", "true", "(1,0)", "[[1]]"]),
        ),
    )
)
def test_composing_and_running_agree_on_what_is_refused(values: dict[str, str]) -> None:
    try:
        hyperparameters.validate(values)
        refused = False
    except AlgorithmFailure:
        refused = True
    assert refused == bool(XGBoost().refusals(values))


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ({}, "Missing required channel: train"),
        ({"train": CSV, "test": CSV}, "Extraneous channel found: test"),
        (
            {"train": {**CSV, "TrainingInputMode": "Augmented"}},
            "Channel configuration for 'train' channel is not supported: {",
        ),
        (
            {"train": {**FILE, "ContentType": "text/csv; label_size=1"}},
            "Channel configuration for 'train' channel is not supported: {",
        ),
        ({"train": {**FILE, "TrainingInputMode": "Pipe"}}, "Pipe mode not supported for LibSVM."),
        ({"train": {**CSV, "TrainingInputMode": "Pipe"}}, "Pipe mode needs the service's pipes"),
    ],
)
def test_a_wrong_channel_ends_the_job(configuration: dict[str, Any], text: str) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        channels.read(configuration, Path("data"))
    assert str(failure.value).startswith(text)


def test_fast_file_is_read_as_file() -> None:
    fast = {**CSV, "TrainingInputMode": "FastFile"}
    assert channels.read({"train": fast}, Path("d")) == channels.read({"train": CSV}, Path("d"))


def test_the_content_type_is_libsvm_unless_given() -> None:
    assert channels.read({"train": FILE}, Path("d")).format is channels.Format.LIBSVM
    found = channels.read({"train": CSV, "validation": CSV}, Path("d"))
    assert found == channels.Channels(channels.Format.CSV, Path("d/train"), Path("d/validation"))
