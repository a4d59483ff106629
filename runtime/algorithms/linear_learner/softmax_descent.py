"""Near-exact minimum of the softmax loss with many classes: accelerated proximal descent in the Gram matrix's metric.

Half the Gram matrix bounds the curvature of the softmax loss for every class (Boehning 1992), so steps need
no step size and are indifferent to the scale and correlation of the columns.
"""

from __future__ import annotations

import numpy as np

from runtime.algorithms.linear_learner.gram import solve_positive, weighted_gram
from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.newton import lasso_step
from runtime.algorithms.linear_learner.softmax import SoftmaxProblem

_MAX_ITERATIONS = 300
# Products that all iterations may take: about a minute.
_MOST_WORK = 2e11
_TOLERANCE = 1e-7


def descend(problem: SoftmaxProblem, start: Array) -> Array:
    """Weights whose objective no longer falls noticeably, one class after another. Raises NotPositive."""
    bound = 0.5 * weighted_gram(problem.matrix, problem.weights) + np.diag(problem.column_wd)
    solve = solve_positive(bound)
    shape = (problem.classes, -1)

    def moved(w: Array) -> Array:
        gradient, table = problem.gradient(w).reshape(shape), w.reshape(shape)
        if not problem.column_l1.any():
            return w - solve(gradient.T).T.reshape(-1)
        steps = [
            lasso_step(bound, slope, weights, problem.column_l1)
            for slope, weights in zip(gradient, table, strict=True)
        ]
        return w + np.concatenate(steps)

    w, ahead, momentum, value = start, start, 1.0, problem.value(start)
    for _ in range(_iterations(problem)):
        new = moved(ahead)
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


def _iterations(problem: SoftmaxProblem) -> int:
    """As many as the work allows; an iteration multiplies the matrix by all weights three times."""
    return int(min(_MAX_ITERATIONS, _MOST_WORK // (3 * problem.matrix.size * problem.classes)))
