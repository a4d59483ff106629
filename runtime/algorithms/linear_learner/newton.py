"""Exact minimum of the logistic loss: Newton's method, each step's quadratic with L1 by coordinate descent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner.gram import NotPositive, solve_positive, weighted_gram
from runtime.algorithms.linear_learner.losses import Array, LogisticLoss, sigmoid

_MAX_ITERATIONS = 60
_MAX_SWEEPS = 500
# Relative decrease of the objective below which the optimum is reached.
_TOLERANCE = 1e-9
# Separable classes have no optimum: this mean loss is as good as none.
_PERFECT = 1e-6


@dataclass(frozen=True)
class LogisticProblem:
    """Minimise sum of weight * loss(row) + sum l1 |w| + sum wd w^2 / 2; `targets` are 0 or 1, one dimension."""

    matrix: Array
    targets: Array
    weights: Array
    l1: Array
    wd: Array

    def value(self, w: Array) -> float:
        losses = LogisticLoss().value(self.matrix @ w, self.targets)
        penalty = self.l1 @ np.abs(w) + 0.5 * self.wd @ np.square(w)
        return float(self.weights @ losses + penalty)


def minimise_logistic(problem: LogisticProblem) -> Array:
    """The optimal weights, one a column of the matrix; deterministic."""
    w = np.zeros(problem.matrix.shape[1])
    value = problem.value(w)
    for _ in range(_MAX_ITERATIONS):
        try:
            step = _direction(problem, w)
        except NotPositive:
            break  # no curvature left in floating point: classes are separated
        w, after = _search(problem, w, step, value)
        if value - after <= _TOLERANCE * value or after < _PERFECT * len(problem.matrix):
            break
        value = after
    return w


def _direction(problem: LogisticProblem, w: Array) -> Array:
    probability = sigmoid(problem.matrix @ w)
    gradient = (problem.weights * (probability - problem.targets)) @ problem.matrix
    gradient += problem.wd * w
    curvature = problem.weights * probability * (1 - probability)
    hessian = weighted_gram(problem.matrix, curvature) + np.diag(problem.wd)
    if problem.l1.any():
        return lasso_step(hessian, gradient, w, problem.l1)
    return solve_positive(hessian)(-gradient)


def lasso_step(hessian: Array, gradient: Array, w: Array, l1: Array) -> Array:
    """Minimise g'd + d'Hd/2 + sum l1 |w + d| over d by coordinate descent, until no weight moves."""
    new, slope = w.copy(), gradient.copy()
    diagonal = np.diag(hessian)
    for _ in range(_MAX_SWEEPS):
        largest = 0.0
        for j in np.flatnonzero(diagonal > 0):
            raw = new[j] * diagonal[j] - slope[j]
            moved = np.sign(raw) * max(abs(raw) - l1[j], 0.0) / diagonal[j] - new[j]
            if moved:
                new[j] += moved
                slope += moved * hessian[j]
                largest = max(largest, abs(moved) * float(np.sqrt(diagonal[j])))
        if largest <= 1e-10 * (1.0 + float(np.sqrt(diagonal.max())) * float(np.abs(new).max())):
            break
    return new - w


def _search(problem: LogisticProblem, w: Array, step: Array, value: float) -> tuple[Array, float]:
    """Halve the step until the objective does not rise."""
    length = 1.0
    while length > 1e-8:
        candidate = w + length * step
        after = problem.value(candidate)
        if after <= value:
            return candidate, after
        length /= 2
    return w, value
