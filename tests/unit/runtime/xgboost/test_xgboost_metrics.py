from __future__ import annotations

import itertools

import numpy as np
import pytest
import sklearn.metrics as sk
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms.xgboost import EVAL_METRICS
from runtime.algorithms.xgboost import metrics
from runtime.algorithms.xgboost.evaluation import OwnMetrics


def _evaluate(name: str, labels: object, predictions: object) -> float:
    given = (np.asarray(numbers, dtype=np.float32) for numbers in (labels, predictions))
    return metrics.metric_of(name)(*given)


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
    assert sorted([*metrics.own(names), *metrics.built_in(names)]) == sorted(names)


OBJECTIVES = {
    "reg:squarederror": [3.5, 1.0, -2.0, 0.5],
    "reg:absoluteerror": [3.5, 1.0, -2.0, 0.5],
    "binary:logistic": [0, 1, 1, 0],
    "multi:softprob": [0, 2, 1, 0],
}


@pytest.mark.parametrize(
    ("objective", "names"),
    [
        ("reg:squarederror", ["rmse"]),
        ("reg:squarederror", ["mae"]),
        ("reg:absoluteerror", ["mae", "r2"]),
        ("binary:logistic", ["rmse", "accuracy"]),
        ("multi:softprob", ["accuracy", "f1_macro"]),
    ],
)
def test_own_metrics_are_those_of_a_custom_metric_to_the_last_digit(
    objective: str, names: list[str]
) -> None:
    generator = np.random.default_rng(5)
    labels = np.repeat(OBJECTIVES[objective], 30)
    features = generator.normal(size=(len(labels), 3)) + labels[:, None]
    watched = [
        (xgb.DMatrix(features[:90], labels[:90], nthread=1), "train"),
        (xgb.DMatrix(features[90:], labels[90:], nthread=1), "validation"),
    ]
    parameters = {"objective": objective, "seed": 3, "subsample": 0.7, "nthread": 1}
    parameters |= {"num_class": 3} if objective.startswith("multi") else {}

    def custom(predictions: metrics.Numbers, matrix: xgb.DMatrix) -> list[tuple[str, float]]:
        return [(name, metrics.metric_of(name)(matrix.get_label(), predictions)) for name in names]

    histories: list[dict[str, dict[str, list[float]]]] = []
    models = []
    for options in (
        {"custom_metric": custom, "evals": watched},
        {"callbacks": [OwnMetrics(names, watched)], "evals": watched},
        {"callbacks": [OwnMetrics(names, watched)], "evals": []},
    ):
        history: dict[str, dict[str, list[float]]] = {}
        model = xgb.train(
            parameters, watched[0][0], 6, evals_result=history, verbose_eval=False, **options
        )
        histories.append(history)
        models.append(model.save_raw("json"))
    assert models[0] == models[1] == models[2]
    assert histories[0] == histories[1]
    for data, name in itertools.product(("train", "validation"), names):
        # Beside XGBoost's own value of the same name, ours is the second of each round.
        beside = histories[0][data][name]
        assert beside[len(beside) // 6 - 1 :: len(beside) // 6] == histories[2][data][name]
