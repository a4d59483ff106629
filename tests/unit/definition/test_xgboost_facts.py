from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms._base import Direction, Kind
from pipelines.definition.algorithms.xgboost import (
    XGBoost,
    interaction_constraints,
    monotone_constraints,
)

FACTS = XGBoost()
MINIMAL = {"num_round": "10", "objective": "reg:squarederror"}


@pytest.mark.parametrize(
    "values",
    [
        MINIMAL,
        {"num_round": "1"},
        {**MINIMAL, "learning_rate": "0.1", "reg_alpha": "0", "min_split_loss": "3"},
        {**MINIMAL, "eval_metric": "rmse,error@0.7,ndcg@10"},
        {**MINIMAL, "objective": "multi:softprob", "num_class": "3", "eval_metric": "mlogloss"},
        {**MINIMAL, "objective": "binary:logistic", "eval_metric": "auc"},
        {**MINIMAL, "booster": "gblinear", "updater": "coord_descent"},
        {**MINIMAL, "process_type": "update", "updater": "refresh,prune"},
        {**MINIMAL, "updater": "grow_colmaker,prune"},
        {**MINIMAL, "tree_method": "hist", "monotone_constraints": "(1,0,-1)"},
        {**MINIMAL, "tree_method": "approx", "interaction_constraints": "[[1, 2], [3]]"},
        {**MINIMAL, "_tuning_objective_metric": "validation:rmse"},
        {**MINIMAL, "seed": "-2147483647", "save_model_on_termination": "true"},
    ],
)
def test_what_the_container_takes_is_not_refused(values: dict[str, str]) -> None:
    assert FACTS.refusals(values) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["num_round: is required"]),
        ({**MINIMAL, "eta": "2"}, ["eta: '2'", "in [0, 1]"]),
        ({**MINIMAL, "subsample": "0"}, ["subsample: '0'", "(0, 1]"]),
        ({**MINIMAL, "max_depth": "5.0"}, ["max_depth: '5.0'", "integer >= 0"]),
        ({**MINIMAL, "max_dept": "5"}, ["max_dept", "did you mean 'max_depth'?"]),
        ({**MINIMAL, "objective": "reg:mse"}, ["objective: 'reg:mse'", "reg:squarederror"]),
        ({**MINIMAL, "save_model_on_termination": "True"}, ["'True'", "true"]),
        ({**MINIMAL, "eval_metric": "rsme"}, ["eval_metric: 'rsme'", "rmse"]),
        ({**MINIMAL, "eval_metric": "rmse@3"}, ["'rmse@3'", "error, ndcg, map"]),
        ({**MINIMAL, "eval_metric": "error@x"}, ["'error@x'"]),
        ({**MINIMAL, "eval_metric": "auc"}, ["auc", "reg:squarederror", "binary:*"]),
        ({"num_round": "1", "eval_metric": "rmse"}, ["objective: is required"]),
        ({**MINIMAL, "objective": "multi:softmax"}, ["num_class: is required"]),
        ({**MINIMAL, "booster": "gblinear", "updater": "prune"}, ["gblinear", "shotgun"]),
        ({**MINIMAL, "process_type": "update", "updater": "sync"}, ["refresh, prune"]),
        ({**MINIMAL, "updater": "grow_colmaker,distcol"}, ["at most one of"]),
        ({**MINIMAL, "updater": "grow_trees"}, ["'grow_trees'"]),
        ({**MINIMAL, "monotone_constraints": "(1,)"}, ["tree_method: is required"]),
        (
            {**MINIMAL, "tree_method": "approx", "monotone_constraints": "(1,)"},
            ["tree_method: 'approx'", "exact, hist"],
        ),
        (
            {**MINIMAL, "tree_method": "hist", "monotone_constraints": "__import__('os')"},
            ["not a tuple"],
        ),
        ({**MINIMAL, "tree_method": "hist", "interaction_constraints": "[[0]]"}, ["integers >= 1"]),
        ({**MINIMAL, "_tuning_objective_metric": "train:rmse"}, ["'train:rmse'"]),
    ],
)
def test_a_refusal_names_the_hyperparameter_the_value_and_what_is_allowed(
    values: dict[str, str], words: list[str]
) -> None:
    refusals = "\n".join(FACTS.refusals(values))
    assert all(word in refusals for word in words), refusals


def test_a_value_that_is_decided_later_counts_as_given() -> None:
    later = frozenset({"num_round", "objective", "tree_method"})
    values = {"eval_metric": "rmse", "monotone_constraints": "(1,)"}
    assert FACTS.refusals(values, later=later) == []


@given(st.sampled_from(FACTS.hyperparameters), st.text())
def test_any_text_is_either_taken_or_refused_with_its_name(known: object, text: str) -> None:
    name = known.name  # type: ignore[attr-defined]
    for refusal in FACTS.refusals({**MINIMAL, "tree_method": "hist", name: text}):
        assert refusal.partition(":")[0] in {known.name for known in FACTS.hyperparameters}


@given(
    st.sampled_from([one for one in FACTS.hyperparameters if one.kind is Kind.NUMBER]),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_numbers_are_refused_exactly_outside_their_interval(known: object, number: float) -> None:
    refused = FACTS.refusals({**MINIMAL, known.name: repr(number)})  # type: ignore[attr-defined]
    inside = math.isfinite(number) and number in known.interval  # type: ignore[attr-defined]
    assert (refused == []) == inside


@given(st.text())
def test_constraints_are_read_without_running_them(text: str) -> None:
    assert monotone_constraints(text) is None or text.strip().startswith("(")
    assert interaction_constraints(text) is None or text.strip().startswith("[")


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1))
def test_a_tuple_of_signs_survives_its_text(signs: list[int]) -> None:
    assert monotone_constraints(str(tuple(signs))) == tuple(signs)


def test_defaults_are_allowed_values() -> None:
    for known in FACTS.hyperparameters:
        assert known.default is None or known.refusal(known.default) is None, known.name


def test_only_validation_metrics_may_be_tuned_for() -> None:
    assert {metric.name.partition(":")[0] for metric in FACTS.metrics if metric.objective} == {
        "validation"
    }
    auc, rmse = FACTS.metric("validation:auc"), FACTS.metric("validation:rmse")
    assert auc is not None
    assert rmse is not None
    assert (auc.direction, rmse.direction) == (Direction.MAXIMIZE, Direction.MINIMIZE)


def test_every_tunable_hyperparameter_is_a_number() -> None:
    assert {one.kind for one in FACTS.hyperparameters if one.tunable} == {Kind.INTEGER, Kind.NUMBER}
