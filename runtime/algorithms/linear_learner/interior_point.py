"""Exact minimum of the regression and hinge losses: a primal-dual interior-point method.

Every such loss is the maximum over a box of a concave quadratic (`Boxes`), and so is the L1 penalty (the box
[-l1, l1] of each weight). Their sum over rows is a convex quadratic programme whose dual lives in the boxes.
With a the dual variables, u and v >= 0 the multipliers of the upper and lower walls, the optimum solves

    s - curvature a - u + v = 0,   A' a = wd w,   u (high - a) = 0,   v (a - low) = 0

Newton's method on the relaxed system (products = mu, mu falling to 0: Mehrotra's predictor and corrector)
needs one weighted Gram matrix A' D A an iteration: cost rows x columns^2, 10 to 30 iterations, no step size,
indifferent to the scale and correlation of the columns. Squared loss has no walls and takes one iteration.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner.gram import NotPositive, solve_positive, weighted_gram
from runtime.algorithms.linear_learner.losses import Array, BoxLoss

_MAX_ITERATIONS = 80
# Of the objective: far below what a score shows, well above what rounding allows.
_GAP = 1e-7
# A step stops this fraction short of the nearest wall.
_SHY = 0.995


@dataclass(frozen=True)
class Problem:
    """Minimise sum of weight * loss(row) + sum l1 |w| + sum wd w^2 / 2; `matrix` includes a bias column if any,
    `targets` and `weights` have one dimension.
    """

    matrix: Array
    loss: BoxLoss
    targets: Array
    weights: Array
    l1: Array
    wd: Array

    def value(self, w: Array) -> float:
        losses = self.loss.value(self.matrix @ w, self.targets)
        return float(self.weights @ losses + self.l1 @ np.abs(w) + 0.5 * self.wd @ np.square(w))


def minimise(problem: Problem) -> Array:
    """The optimal weights, one a column of the matrix; deterministic."""
    w = np.zeros(problem.matrix.shape[1])
    rows = _Rows(problem)
    blocks: list[_Block] = [rows]
    if problem.l1.any():
        blocks.append(_Penalty(problem, rows.size))
    best, lowest = w, problem.value(w)
    for _ in range(_MAX_ITERATIONS):
        try:
            w = _iterate(blocks, problem.wd, w)
        except NotPositive:
            break  # rounding has the last word: the best so far is as near as it gets
        value = problem.value(w)
        if value <= lowest:
            best, lowest = w, value
        if sum(block.gap() for block in blocks) <= _GAP * lowest + 1e-14 * len(problem.matrix):
            break
    return _with_zeros(best, problem, blocks)


def _iterate(blocks: list[_Block], wd: Array, w: Array) -> Array:
    """One predictor-corrector step of all variables."""
    for block in blocks:
        block.linearise(w)
    normal = sum((block.normal() for block in blocks), np.diag(wd))
    solve = solve_positive(normal)
    residual = sum((block.transposed(block.a) for block in blocks), -wd * w)

    def direction() -> Array:
        return solve(residual + sum(block.pull() for block in blocks))

    for block in blocks:
        block.aim(0.0)
    step = direction()
    affine = min(block.reach(step) for block in blocks)
    count = sum(block.walls() for block in blocks)
    if count:
        mu = sum(block.gap() for block in blocks) / count
        after = sum(block.gap(affine) for block in blocks) / count
        target = mu * (after / mu) ** 3 if mu > 0 else 0.0
        for block in blocks:
            block.aim(target, correct=True)
        step = direction()
        affine = min(block.reach(step) for block in blocks)
    for block in blocks:
        block.move(affine)
    return w + affine * step


def _with_zeros(w: Array, problem: Problem, blocks: list[_Block]) -> Array:
    """Set weights to exactly zero where the optimum does: their dual is inside its box, not at a wall.

    Interior points only approach zero; the objective, judged exactly, must not rise by the rounding.
    """
    if len(blocks) == 1:
        return w
    penalty, l1 = blocks[1], problem.l1
    dual = np.abs(penalty.transposed(penalty.a))
    inside = (dual < l1 * (1 - 1e-4)) & (np.abs(w) < 1e-3 * np.abs(w).max())
    candidate = np.where(inside, 0.0, w)
    return candidate if problem.value(candidate) <= problem.value(w) * (1 + 1e-6) else w


class _Block(ABC):
    """Rows of the programme with their dual variables `a`, inside (low, high), and wall multipliers.

    Subclasses are the linear map of the rows. All arrays have the shape of `target`.
    """

    def __init__(self, target: Array, low: Array, high: Array, curvature: Array) -> None:
        self.target, self.low, self.high, self.curvature = target, low, high, curvature
        self.upper = bool(np.isfinite(high).all())
        self.lower = bool(np.isfinite(low).all())
        self.a = np.zeros_like(target)
        self.u = np.zeros_like(target)
        self.v = np.zeros_like(target)
        # The last direction of each.
        self.da = np.zeros_like(target)
        self.du = np.zeros_like(target)
        self.dv = np.zeros_like(target)

    @abstractmethod
    def apply(self, w: Array) -> Array:
        """The rows times `w`."""

    @abstractmethod
    def transposed(self, a: Array) -> Array:
        """The transposed rows times `a`."""

    @abstractmethod
    def normal(self) -> Array:
        """Rows' diag(1 / theta) rows: this block's share of the normal matrix."""

    def start(self, w: Array, size: float) -> None:
        """Put `a` well inside its box and the multipliers about `size` above zero."""
        s = self.target - self.apply(w)
        if self.upper and self.lower:
            self.a = 0.5 * (self.low + self.high) * np.ones_like(s)
        elif self.lower:
            self.a = self.low + size + np.maximum(s, 0.0)
        if self.upper:
            self.u = np.maximum(s, 0.0) + size
        if self.lower:
            self.v = np.maximum(-s, 0.0) + size

    def linearise(self, w: Array) -> None:
        self.residual = self.target - self.apply(w) - self.curvature * self.a - self.u + self.v
        self.theta = self.curvature * np.ones_like(self.target)
        if self.upper:
            self.above = self.high - self.a
            self.theta += self.u / self.above
        if self.lower:
            self.below = self.a - self.low
            self.theta += self.v / self.below

    def aim(self, mu: float, *, correct: bool = False) -> None:
        """Target products of mu; `correct` takes up the last direction's second-order error."""
        self.rho = self.residual.copy()
        if self.upper:
            error = -self.da * self.du if correct else 0.0
            self.lift = (mu - error) / self.above - self.u
            self.rho -= self.lift
        if self.lower:
            error = self.da * self.dv if correct else 0.0
            self.drop = (mu - error) / self.below - self.v
            self.rho += self.drop

    def pull(self) -> Array:
        return self.transposed(self.rho / self.theta)

    def reach(self, step: Array) -> float:
        """Complete the direction for this step of the weights; the longest step short of every wall."""
        self.da = (self.rho - self.apply(step)) / self.theta
        longest = 1.0
        if self.upper:
            self.du = self.lift + self.u / self.above * self.da
            longest = min(longest, _ratio(self.above, -self.da), _ratio(self.u, self.du))
        if self.lower:
            self.dv = self.drop - self.v / self.below * self.da
            longest = min(longest, _ratio(self.below, self.da), _ratio(self.v, self.dv))
        return longest

    def move(self, length: float) -> None:
        self.a = self.a + length * self.da
        if self.upper:
            self.u = self.u + length * self.du
        if self.lower:
            self.v = self.v + length * self.dv

    def gap(self, length: float = 0.0) -> float:
        """Sum of the products, now or after a step of the last direction."""
        total = 0.0
        if self.upper:
            above, u = self.high - self.a, self.u
            if length:
                above, u = above - length * self.da, u + length * self.du
            total += float(np.sum(above * u))
        if self.lower:
            below, v = self.a - self.low, self.v
            if length:
                below, v = below + length * self.da, v + length * self.dv
            total += float(np.sum(below * v))
        return total

    def walls(self) -> int:
        return self.target.size * (self.upper + self.lower)


class _Rows(_Block):
    """The loss of each example: one row of dual variables for each piece of the loss."""

    def __init__(self, problem: Problem) -> None:
        boxes, weights = problem.loss.boxes(problem.targets), problem.weights.reshape(1, -1)
        self.matrix = problem.matrix
        self.signs = np.array(boxes.signs).reshape(-1, 1)
        target = self.signs * boxes.target.reshape(1, -1) - boxes.offset
        shape = target.shape
        super().__init__(
            target,
            np.broadcast_to(boxes.low.reshape(1, -1) * weights, shape),
            np.broadcast_to(boxes.high.reshape(1, -1) * weights, shape),
            boxes.curvature / weights,
        )
        self.size = float(np.mean(np.abs(target))) + 1e-6
        self.start(np.zeros(self.matrix.shape[1]), self.size)

    def apply(self, w: Array) -> Array:
        return self.signs * (self.matrix @ w)

    def transposed(self, a: Array) -> Array:
        return np.asarray((self.signs * a).sum(axis=0) @ self.matrix)

    def normal(self) -> Array:
        return weighted_gram(self.matrix, (1.0 / self.theta).sum(axis=0))


class _Penalty(_Block):
    """The L1 penalty of the weights that have one: s = -w with the box [-l1, l1]."""

    def __init__(self, problem: Problem, size: float) -> None:
        self.at = np.flatnonzero(problem.l1)
        self.width = len(problem.l1)
        l1 = problem.l1[self.at]
        super().__init__(np.zeros_like(l1), -l1, l1, np.zeros_like(l1))
        self.start(np.zeros(self.width), size)

    def apply(self, w: Array) -> Array:
        return w[self.at]

    def transposed(self, a: Array) -> Array:
        spread = np.zeros(self.width)
        spread[self.at] = a
        return spread

    def normal(self) -> Array:
        return np.diag(self.transposed(1.0 / self.theta))


def _ratio(distance: Array, speed: Array) -> float:
    """How far along a falling quantity stays positive, a little short of the wall."""
    falling = speed < 0
    if not falling.any():
        return np.inf
    return float(_SHY * np.min(distance[falling] / -speed[falling]))
