from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms.xgboost import EVAL_METRICS
from runtime.algorithms.xgboost import metrics


def _evaluate(name: str, labels: object, predictions: object) -> float:
    evaluate = metrics.evaluation([name])
    assert evaluate is not None
    labels = np.asarray(labels, dtype=np.float32)
    matrix = xgb.DMatrix(np.zeros((len(labels), 1)), label=labels)
    (pair,) = evaluate(np.asarray(predictions, dtype=np.float32), matrix)
    assert pair[0] == name
    return pair[1]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3000))
def test_regression_metrics_agree_with_scikit_learn_to_the_last_bit(seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.normal(2e5, 1e5, rows).astype(np.float32)
    predictions = (labels + generator.normal(0, 4e4, rows)).astype(np.float32)
    assert _evaluate("mse", labels, predictions) == sk.mean_squared_error(labels, predictions)
    assert _evaluate("rmse", labels, predictions) == sk.root_mean_squared_error(labels, predictions)
    assert _evaluate("mae", labels, predictions) == sk.mean_absolute_error(labels, predictions)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 0.75),
        ("balanced_accuracy", 0.75),
        ("f1_binary", 0.8),
        ("precision", 2 / 3),
        ("recall", 1.0),
        ("precision_micro", 0.75),
        ("recall_macro", 0.75),
    ],
)
def test_a_vector_is_class_one_above_zero(name: str, value: float) -> None:
    assert _evaluate(name, [0, 0, 1, 1], [-1, 0.1, 0.2, 3]) == pytest.approx(value)


def test_a_matrix_is_the_class_of_the_largest_column() -> None:
    scores = [[0.9, 0.1, 0], [0, 0.2, 0.8], [0.3, 0.4, 0.3]]
    assert _evaluate("accuracy", [0, 2, 1], scores) == 1
    assert _evaluate("f1", [0, 2, 1], scores) == _evaluate("f1_macro", [0, 2, 1], scores) == 1


@given(st.lists(st.sampled_from(EVAL_METRICS), unique=True))
def test_each_metric_is_computed_by_exactly_one_side(names: list[str]) -> None:
    evaluate = metrics.evaluation(names)
    matrix = xgb.DMatrix(np.zeros((2, 1)), label=[0, 1])
    ours = [name for name, _ in evaluate(np.array([0, 1], np.float32), matrix)] if evaluate else []
    assert sorted([*ours, *metrics.built_in(names)]) == sorted(names)
