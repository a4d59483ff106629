"""Near-exact minimum of the softmax loss: accelerated proximal descent in the metric of the Gram matrix.

Half the Gram matrix bounds the curvature of the softmax loss for every class (Boehning 1992), so steps need
no step size and are indifferent to the scale and correlation of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner.gram import solve_positive, weighted_gram
from runtime.algorithms.linear_learner.losses import Array, SoftmaxLoss, softmax
from runtime.algorithms.linear_learner.newton import lasso_step

_MAX_ITERATIONS = 300
_TOLERANCE = 1e-7


@dataclass(frozen=True)
class SoftmaxProblem:
    """Minimise sum of weight * loss(row) + sum l1 |w| + sum wd w^2 / 2 over weights (columns by classes).

    `l1` and `wd` are per column of the matrix; `targets` are class numbers, one dimension.
    """

    matrix: Array
    targets: Array
    weights: Array
    l1: Array
    wd: Array

    def value(self, w: Array) -> float:
        losses = SoftmaxLoss().value((self.matrix @ w)[:, None, :], self.targets)[:, 0]
        penalty = self.l1[:, None] * np.abs(w) + 0.5 * self.wd[:, None] * np.square(w)
        return float(self.weights @ losses + penalty.sum())

    def gradient(self, w: Array) -> Array:
        error = softmax(self.matrix @ w)
        error[np.arange(len(error)), self.targets.astype(np.intp)] -= 1.0
        error *= self.weights[:, None]
        return np.asarray(self.matrix.T @ error + self.wd[:, None] * w)


def minimise_softmax(problem: SoftmaxProblem, start: Array) -> Array:
    """Weights whose objective no longer falls noticeably; `start` has one column a class."""
    bound = 0.5 * weighted_gram(problem.matrix, problem.weights) + np.diag(problem.wd)
    solve = solve_positive(bound)
    w, ahead, momentum, value = start, start, 1.0, problem.value(start)
    for _ in range(_MAX_ITERATIONS):
        gradient = problem.gradient(ahead)
        if problem.l1.any():
            steps = [
                lasso_step(bound, gradient[:, k], ahead[:, k], problem.l1)
                for k in range(start.shape[1])
            ]
            new = ahead + np.stack(steps, axis=1)
        else:
            new = ahead - solve(gradient)
        after = problem.value(new)
        if after > value:  # the momentum overshot: drop it
            if momentum == 1.0:
                break
            ahead, momentum = w, 1.0
            continue
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - w)
        settled = value - after <= _TOLERANCE * value and momentum > 1.0
        w, value, momentum = new, after, following
        if settled:
            break
    return w
