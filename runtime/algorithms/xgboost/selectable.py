"""Selectable output: what SAGEMAKER_INFERENCE_OUTPUT asks for, per prediction and by the model's objective.

`raw_scores` of two classes are [1 - p, p] whatever p is, and of multi:softmax too: that is the container's answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.algorithms.xgboost.log import log
from runtime.images._base import InvocationRefused

_LABEL, _LABELS = "predicted_label", "labels"
_PROBABILITY, _PROBABILITIES = "probability", "probabilities"
_RAW, _RAW_ALL, _SCORE = "raw_score", "raw_scores", "predicted_score"

_REGRESSION = (_SCORE,)
_CLASSES = (_LABEL, _LABELS, _RAW, _RAW_ALL)
_PROBABLE_CLASSES = (_LABEL, _LABELS, _PROBABILITY, _PROBABILITIES, _RAW, _RAW_ALL)
_KEYS: Mapping[str, tuple[str, ...]] = {
    "reg:squarederror": _REGRESSION,
    "reg:logistic": _REGRESSION,
    "reg:gamma": _REGRESSION,
    "reg:absoluteerror": _REGRESSION,
    "reg:tweedie": _REGRESSION,
    "binary:logistic": _PROBABLE_CLASSES,
    "binary:logitraw": _CLASSES,
    "binary:hinge": _CLASSES,
    "multi:softmax": _CLASSES,
    "multi:softprob": _PROBABLE_CLASSES,
}
# Where a prediction is a score, the class is 1 above this.
_THRESHOLDS = {"binary:logistic": 0.5, "binary:logitraw": 0.0}
_INTERNAL_SERVER_ERROR = 500


@dataclass(frozen=True)
class Selection:
    """`keys` in the order of the request, for a model of this objective; `classes` is 0 where it has no num_class."""

    keys: tuple[str, ...]
    objective: str
    classes: int

    def rows(self, predictions: list[Any]) -> list[dict[str, Any]]:
        """One answer per prediction: known keys in the container's order, then NaN for the rest. Raises InvocationRefused."""
        allowed = _KEYS.get(self.objective)
        if allowed is None:
            raise InvocationRefused(
                _INTERNAL_SERVER_ERROR,
                f"Objective `{self.objective}` unsupported for selectable inference predictions; "
                f"supported: {', '.join(_KEYS)}",
            )
        known = [key for key in (*_PROBABLE_CLASSES, _SCORE) if key in self.keys and key in allowed]
        unknown = dict.fromkeys((key for key in self.keys if key not in allowed), math.nan)
        if unknown:
            log(
                f"Selected key(s) {[*unknown]} incompatible for objective '{self.objective}': answered "
                f"as nan. Compatible: {[*allowed]}",
                "WARNING",
            )
        return [
            {**{key: _VALUES[key](self, value) for key in known}, **unknown}
            for value in predictions
        ]


def select(text: str, objective: str, classes: int) -> Selection:
    """Read the variable: key names by comma, in any case."""
    return Selection(tuple(text.replace(" ", "").lower().split(",")), objective, classes)


def _label(selection: Selection, value: Any) -> float:
    if isinstance(value, list):
        return value.index(max(value))
    threshold = _THRESHOLDS.get(selection.objective)
    return float(value) if threshold is None else int(value > threshold)


def _labels(selection: Selection, _: Any) -> list[int]:
    return list(range(selection.classes or 2))


def _one(_: Selection, value: Any) -> float:
    return float(max(value)) if isinstance(value, list) else float(value)


def _all(_: Selection, value: Any) -> list[float]:
    return value if isinstance(value, list) else [1.0 - value, value]


_VALUES: Mapping[str, Callable[[Selection, Any], Any]] = {
    _LABEL: _label,
    _LABELS: _labels,
    _PROBABILITY: _one,
    _PROBABILITIES: _all,
    _RAW: _one,
    _RAW_ALL: _all,
    _SCORE: _one,
}
