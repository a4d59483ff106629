"""Evaluates the container's own metrics after each round, from the predictions that the library keeps up to date.

`xgb.train` would do the same for a `custom_metric`, but its Python method for predictions spends several times longer
on checks and copies than the library on the numbers: a third of the time of a training job of a few seconds.
"""

from __future__ import annotations

import ctypes
import functools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost as xgb
from xgboost import collective
from xgboost.libpath import find_lib_path

from runtime.algorithms.xgboost.metrics import Numbers, metric_of

# Transformed predictions of all rounds, as `Booster.predict` asks for them without arguments.
_CONFIGURATION = json.dumps(
    {
        "type": 0,
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "strict_shape": False,
    }
).encode()


class OwnMetrics(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Adds the metrics named to what XGBoost evaluated itself; it has to be the first of the callbacks."""

    def __init__(self, names: Sequence[str], watched: Sequence[tuple[xgb.DMatrix, str]]) -> None:
        self._metrics = [(name, metric_of(name)) for name in names]
        self._watched = [(matrix, matrix.get_label(), data) for matrix, data in watched]

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        for matrix, labels, data in self._watched:
            predictions = predict(model, matrix)
            histories = evals_log.setdefault(data, {})
            for name, metric in self._metrics:
                # XGBoost passes a custom metric's value on as text with six decimals.
                value = float(f"{metric(labels, predictions):f}")
                histories.setdefault(name, []).append(_mean_over_hosts(value))
        return False


def predict(model: xgb.Booster, matrix: xgb.DMatrix) -> Numbers:
    """What the model predicts for each row: the library's own memory, valid until it predicts again."""
    shape = ctypes.POINTER(ctypes.c_uint64)()
    dimensions = ctypes.c_uint64()
    values = ctypes.POINTER(ctypes.c_float)()
    failed = _library().XGBoosterPredictFromDMatrix(
        model.handle,
        matrix.handle,
        ctypes.c_char_p(_CONFIGURATION),
        ctypes.byref(shape),
        ctypes.byref(dimensions),
        ctypes.byref(values),
    )
    if failed:
        raise xgb.core.XGBoostError(_library().XGBGetLastError().decode())
    return np.ctypeslib.as_array(values, shape=tuple(shape[: dimensions.value]))


def _mean_over_hosts(value: float) -> float:
    """As the library treats a custom metric of several hosts."""
    hosts = collective.get_world_size()
    if hosts == 1:
        return value
    return float(collective.allreduce(np.array([value]), collective.Op.SUM)[0] / hosts)


@functools.cache
def _library() -> ctypes.CDLL:
    """The library that the package has loaded, by its public C interface."""
    library = ctypes.CDLL(find_lib_path()[0])
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library
