"""Judges all models after an epoch: their loss, and the criterion that selects and stops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.definition.algorithms.linear_learner import BINARY
from runtime.algorithms.linear_learner.losses import Array, Loss
from runtime.algorithms.linear_learner.settings import Settings
from runtime.algorithms.linear_learner.thresholds import BY_LOSS, calibrate

# Predictions at a time: they stay small however many classes there are.
_CHUNK = 1_000_000
# Rows on which thresholds are tried after each epoch; the final calibration uses all it may.
_SAMPLE = 10_000


@dataclass(frozen=True)
class Verdict:
    """`costs` select (smaller is better), `criterion` is their sign-corrected best for the log."""

    losses: Array
    costs: Array
    criterion: float


class Judge:
    """Holds the rows to judge by, in trained units; `unit` turns losses into the label's original units."""

    def __init__(
        self, matrix: Array, targets: Array, loss: Loss, settings: Settings, *, unit: float
    ) -> None:
        self._matrix, self._targets, self._loss, self._unit = matrix, targets, loss, unit
        self._settings = settings
        self.by_loss = settings.predictor_type != BINARY or settings.criterion in BY_LOSS
        self.criterion = loss.objective if self.by_loss else f"sampled_{settings.criterion}"

    def __call__(self, weights: Array, models: int) -> Verdict:
        losses = mean_losses(self._matrix, self._targets, self._loss, weights, models)
        losses = losses * self._unit
        if self.by_loss:
            return Verdict(losses, losses, _smallest(losses))
        costs = -self._criteria(weights)
        return Verdict(losses, costs, -_smallest(costs))

    def _criteria(self, weights: Array) -> Array:
        rows = min(len(self._matrix), self._settings.num_calibration_samples)
        sample = slice(0, rows, max(1, rows // _SAMPLE))
        margins = self._matrix[sample] @ weights
        targets = self._targets[sample, 0]
        return np.array(
            [
                (
                    calibrate(column, targets, self._settings)[1]
                    if np.isfinite(column).all()
                    else np.nan
                )
                for column in margins.T
            ]
        )


def predictions(matrix: Array, weights: Array, models: int) -> Array:
    """Rows by models; rows by classes by models when there are more columns of weights than models.

    Columns of weights are class by class, so that sums over classes run along models: contiguous numbers.
    """
    p = matrix @ weights
    return p if weights.shape[1] == models else p.reshape(len(p), -1, models)


def mean_losses(matrix: Array, targets: Array, loss: Loss, weights: Array, models: int) -> Array:
    """The mean loss of each model, chunk by chunk."""
    total, size = np.zeros(models), max(1, _CHUNK // weights.shape[1])
    for start in range(0, len(matrix), size):
        rows = slice(start, start + size)
        total += loss.value(predictions(matrix[rows], weights, models), targets[rows]).sum(axis=0)
    return total / len(matrix)


def _smallest(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.min()) if len(finite) else float("nan")
