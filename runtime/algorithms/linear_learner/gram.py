"""Gram matrices of many rows, and solving with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from runtime.algorithms.linear_learner.losses import Array

# Rows weighted at a time: the copy stays in the cache.
_CHUNK = 2000
_NUDGES = (1e-13, 1e-11, 1e-9, 1e-7)


class NotPositive(ArithmeticError):
    """The matrix has a negative eigenvalue or a number that is not finite."""


def weighted_gram(matrix: Array, weights: Array) -> Array:
    """A' diag(weights) A, chunk by chunk."""
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    # NumPy computes a matrix times itself in half the time: split the weights evenly if they have roots.
    rooted = bool((weights >= 0).all())
    roots = np.sqrt(weights) if rooted else weights
    for start in range(0, len(matrix), _CHUNK):
        part = matrix[start : start + _CHUNK]
        scaled = part * roots[start : start + _CHUNK, None]
        total += scaled.T @ (scaled if rooted else part)
    return total


def solve_positive(matrix: Array) -> Callable[[Array], Array]:
    """A solver for a symmetric matrix without negative eigenvalues. Raises NotPositive.

    The matrix is scaled to a unit diagonal first, so the nudge that singular ones need (one-hot columns that
    add up to the bias) is relative to each column.
    """
    scale = 1.0 / np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    scaled = matrix * scale[:, None] * scale[None, :]
    for nudge in _NUDGES:
        try:
            factor = cho_factor(scaled + nudge * len(matrix) * np.eye(len(matrix)))
        except (LinAlgError, ValueError):  # ValueError: not finite
            continue
        return partial(_scaled_solve, factor, scale)
    raise NotPositive(f"a matrix of {len(matrix)} columns cannot be factorised")


def _scaled_solve(factor: tuple[Array, bool], scale: Array, right: Array) -> Array:
    """Solve for one right side or several columns of them."""
    scale = scale.reshape((-1,) + (1,) * (right.ndim - 1))
    return np.asarray(scale * cho_solve(factor, scale * right))
