"""The softmax loss of one model as a problem for the finish.

The gradient is exact; with many rows the Hessian is that of a sample of them. It then differs by a few percent, so
each of Newton's steps leaves a few percent of the error that it found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.algorithms.linear_learner.gram import weighted_gram
from runtime.algorithms.linear_learner.losses import Array

# Rows that a Hessian takes.
_SAMPLE = 40_000


@dataclass(frozen=True)
class SoftmaxProblem:
    """Minimise sum of weight * loss(row) + sum l1 |w| + sum wd w^2 / 2 over all weights of one class after another.

    `column_l1` and `column_wd` are per column of the matrix; `targets` are class numbers, one dimension.
    """

    matrix: Array
    targets: NDArray[np.intp]
    weights: Array
    column_l1: Array
    column_wd: Array
    classes: int

    @property
    def rows(self) -> int:
        return len(self.matrix)

    @property
    def l1(self) -> Array:
        return np.tile(self.column_l1, self.classes)

    def value(self, w: Array) -> float:
        table = w.reshape(self.classes, -1)
        logits = table @ self.matrix.T
        logits -= logits.max(axis=0)
        chosen = logits[self.targets, np.arange(self.rows)]
        losses = np.log(np.exp(logits, out=logits).sum(axis=0)) - chosen
        penalty = np.abs(table) @ self.column_l1 + 0.5 * np.square(table) @ self.column_wd
        return float(self.weights @ losses + penalty.sum())

    def gradient(self, w: Array) -> Array:
        table = w.reshape(self.classes, -1)
        error = probabilities(table, self.matrix)
        error[self.targets, np.arange(self.rows)] -= 1.0
        error *= self.weights
        return np.asarray(error @ self.matrix + self.column_wd * table).reshape(-1)

    def derivatives(self, w: Array) -> tuple[Array, Array]:
        return self.gradient(w), self._hessian(w.reshape(self.classes, -1))

    def _hessian(self, table: Array) -> Array:
        every = -(-self.rows // _SAMPLE)
        matrix = np.ascontiguousarray(self.matrix[::every])
        # The sample stands for all rows.
        weights = self.weights[::every] * (self.weights.sum() / self.weights[::every].sum())
        p, width = probabilities(table, matrix), matrix.shape[1]
        hessian = np.empty((self.classes, width, self.classes, width))
        for one in range(self.classes):
            for two in range(one + 1):
                curvature = weights * p[one] * ((one == two) - p[two])
                hessian[one, :, two] = hessian[two, :, one] = weighted_gram(matrix, curvature)
            hessian[one, :, one] += np.diag(self.column_wd)
        return hessian.reshape(table.size, table.size)


def probabilities(table: Array, matrix: Array) -> Array:
    """Classes by rows: sums over classes then run along rows, which are contiguous."""
    p = table @ matrix.T
    p -= p.max(axis=0)
    np.exp(p, out=p)
    p /= p.sum(axis=0)
    return p
