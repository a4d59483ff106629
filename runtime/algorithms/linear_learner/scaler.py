"""Shifts and scales features and label for training, and folds that back into the final weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Settings

# Rows at a time: what is computed on the way stays in the cache.
_CHUNK = 10_000

# Row numbers in the order wanted.
Order = NDArray[np.int64]


@dataclass(frozen=True)
class Scaler:
    """Trained units = (original - shift) / scale, per feature and for the label."""

    shift: Array
    scale: Array
    label_shift: float
    label_scale: float

    def design(self, features: Array, *, bias: bool, order: Order | None = None) -> Array:
        """Features in trained units, rows in `order`, with a last column of ones for the bias."""
        rows, width = features.shape
        matrix = np.ones((rows, width + bias))
        for start in range(0, rows, _CHUNK):
            part = slice(start, start + _CHUNK)
            inner = matrix[part, :width]
            np.subtract(features[part if order is None else order[part]], self.shift, out=inner)
            np.divide(inner, self.scale, out=inner)
        return matrix

    def labels(self, labels: Array, order: Order | None = None) -> Array:
        chosen = labels if order is None else labels[order]
        return np.asarray((chosen - self.label_shift) / self.label_scale)

    def fold(self, weights: Array, *, bias: bool) -> tuple[Array, Array]:
        """Weights (features by outputs) and bias that predict in original units from original features."""
        width = len(self.shift)
        slopes = weights[:width] * self.label_scale / self.scale[:, None]
        intercept = weights[width] * self.label_scale if bias else np.zeros(weights.shape[1])
        return slopes, self.label_shift + intercept - self.shift @ slopes


def fit_scaler(features: Array, labels: Array, settings: Settings) -> Scaler:
    """Estimate mean and standard deviation from the first `num_point_for_scaler` rows (documented)."""
    sample = features[: settings.num_point_for_scaler]
    label = labels[: settings.num_point_for_scaler]
    width = features.shape[1]
    return Scaler(
        shift=sample.mean(axis=0) if settings.unbias_data else np.zeros(width),
        scale=_deviation(sample) if settings.normalize_data else np.ones(width),
        label_shift=float(label.mean()) if settings.unbias_label else 0.0,
        label_scale=float(_deviation(label)[0]) if settings.normalize_label else 1.0,
    )


def _deviation(sample: Array) -> Array:
    """Standard deviations; 1 for what does not vary, beyond rounding, so that nothing is divided by zero."""
    deviation = sample.std(axis=0)
    noise = 1e-12 * np.abs(sample).max(axis=0)
    return np.where(deviation > noise, deviation, 1.0)
