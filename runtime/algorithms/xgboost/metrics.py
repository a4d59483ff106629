"""The metrics that the container computes itself instead of leaving them to XGBoost.

From version 3.0-5 on they see transformed predictions, so that `> 0` makes every probability a 1: an apparent
defect of the container, kept because numbers should agree with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sklearn.metrics as sk
from numpy.typing import NDArray

Numbers = NDArray[np.float32]


# Computed twice a round: scikit-learn's checks of its arguments would cost a third of a training job's time.
# The arithmetic is scikit-learn's, to the last bit (a test compares them).
def _mse(labels: Numbers, predictions: Numbers) -> float:
    return float(np.average((labels - predictions) ** 2))


def _rmse(labels: Numbers, predictions: Numbers) -> float:
    return float(np.sqrt(np.average((labels - predictions) ** 2)))


def _mae(labels: Numbers, predictions: Numbers) -> float:
    return float(np.average(np.abs(predictions - labels)))


def _classes(predictions: Numbers) -> NDArray[np.int64]:
    """Labels of a matrix are its rows' largest columns; of a vector, what is above zero."""
    if predictions.ndim > 1:
        return np.asarray(predictions.argmax(axis=-1))
    return (predictions > 0).astype(np.int64)


def _classification(
    score: Callable[..., float], average: str | None = None
) -> Callable[[Numbers, Numbers], float]:
    options: dict[str, Any] = (
        {} if score in (sk.accuracy_score, sk.balanced_accuracy_score) else {"zero_division": 0.0}
    )
    if average is not None:
        options["average"] = average
    return lambda labels, predictions: float(score(labels, _classes(predictions), **options))


_METRICS: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "accuracy": _classification(sk.accuracy_score),
    "balanced_accuracy": _classification(sk.balanced_accuracy_score),
    "f1": _classification(sk.f1_score, "macro"),
    "f1_binary": _classification(sk.f1_score, "binary"),
    "f1_macro": _classification(sk.f1_score, "macro"),
    "mae": _mae,
    "mse": _mse,
    "precision": _classification(sk.precision_score, "binary"),
    "precision_macro": _classification(sk.precision_score, "macro"),
    "precision_micro": _classification(sk.precision_score, "micro"),
    "r2": lambda labels, predictions: float(sk.r2_score(labels, predictions)),
    "recall": _classification(sk.recall_score, "binary"),
    "recall_macro": _classification(sk.recall_score, "macro"),
    "recall_micro": _classification(sk.recall_score, "micro"),
    "rmse": _rmse,
}


# What XGBoost evaluates when it is told no metric; objectives whose default the container computes too.
_DEFAULTS: Mapping[str, str] = {
    "reg:squarederror": "rmse",
    "reg:linear": "rmse",
    "reg:logistic": "rmse",
    "reg:absoluteerror": "mae",
}


def own(metrics: Sequence[str]) -> list[str]:
    """Those of the metrics that the container computes."""
    return [name for name in metrics if name in _METRICS]


def metric_of(name: str) -> Callable[[Numbers, Numbers], float]:
    """The container's metric of that name: (labels, predictions) -> value."""
    return _METRICS[name]


def built_in(metrics: Sequence[str]) -> list[str]:
    """The rest, for XGBoost's own eval_metric; empty makes it add the objective's default."""
    return [name for name in metrics if name not in _METRICS]


def are_all_own(metrics: Sequence[str], objective: str) -> bool:
    """Whether XGBoost's own evaluation would show nothing: neither a metric named nor the default that it adds."""
    return not built_in(metrics) and _DEFAULTS.get(objective) in own(metrics)


def default_first(metrics: Sequence[str], objective: str) -> list[str]:
    """In the order in which XGBoost shows them: the objective's default, which it adds itself, is its first."""
    return sorted(metrics, key=lambda name: name != _DEFAULTS.get(objective))
