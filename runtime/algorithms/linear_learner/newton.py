"""Exact minimum of the logistic and softmax losses: Newton's method, the quadratic of a step with L1 by coordinate
descent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from runtime.algorithms.linear_learner.gram import NotPositive, solve_positive, weighted_gram
from runtime.algorithms.linear_learner.losses import Array, LogisticLoss, sigmoid

_MAX_ITERATIONS = 30
_MAX_SWEEPS = 500
# Relative decrease of the objective below which the optimum is reached.
_TOLERANCE = 1e-9
# Separable classes have no optimum: this mean loss is as good as none.
_PERFECT = 1e-6


class Smooth(Protocol):
    """A sum over rows of convex losses, with an L2 penalty, plus sum l1 |w|; weights are one dimension."""

    @property
    def rows(self) -> int: ...

    @property
    def l1(self) -> Array:
        """One number a weight."""

    def value(self, w: Array) -> float: ...

    def derivatives(self, w: Array) -> tuple[Array, Array]:
        """Gradient and Hessian of all but the L1 penalty."""


@dataclass(frozen=True)
class LogisticProblem:
    """Minimise sum of weight * loss(row) + sum l1 |w| + sum wd w^2 / 2; `targets` are 0 or 1, one dimension."""

    matrix: Array
    targets: Array
    weights: Array
    l1: Array
    wd: Array

    @property
    def rows(self) -> int:
        return len(self.matrix)

    def value(self, w: Array) -> float:
        losses = LogisticLoss().value(self.matrix @ w, self.targets)
        penalty = self.l1 @ np.abs(w) + 0.5 * self.wd @ np.square(w)
        return float(self.weights @ losses + penalty)

    def derivatives(self, w: Array) -> tuple[Array, Array]:
        probability = sigmoid(self.matrix @ w)
        gradient = (self.weights * (probability - self.targets)) @ self.matrix + self.wd * w
        curvature = self.weights * probability * (1 - probability)
        return gradient, weighted_gram(self.matrix, curvature) + np.diag(self.wd)


def minimise_smooth(problem: Smooth, start: Array) -> Array:
    """The optimal weights; deterministic."""
    w, value = start, problem.value(start)
    for _ in range(_MAX_ITERATIONS):
        gradient, hessian = problem.derivatives(w)
        try:
            step = (
                lasso_step(hessian, gradient, w, problem.l1)
                if problem.l1.any()
                else solve_positive(hessian)(-gradient)
            )
        except NotPositive:
            break  # no curvature left in floating point: classes are separated
        w, after = _search(problem, w, step, value)
        if value - after <= _TOLERANCE * value or after < _PERFECT * problem.rows:
            break
        value = after
    return w


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


def _search(problem: Smooth, w: Array, step: Array, value: float) -> tuple[Array, float]:
    """Halve the step until the objective does not rise."""
    length = 1.0
    while length > 1e-8:
        candidate = w + length * step
        after = problem.value(candidate)
        if after <= value:
            return candidate, after
        length /= 2
    return w, value
