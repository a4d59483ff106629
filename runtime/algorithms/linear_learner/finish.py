"""Moves the selected model from where mini-batches left it to the exact optimum of its objective."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from runtime.algorithms.linear_learner import log
from runtime.algorithms.linear_learner.candidates import Candidates
from runtime.algorithms.linear_learner.descent import Examples, Selected
from runtime.algorithms.linear_learner.gram import NotPositive
from runtime.algorithms.linear_learner.interior_point import Problem, minimise
from runtime.algorithms.linear_learner.losses import Array, BoxLoss, LogisticLoss, Loss
from runtime.algorithms.linear_learner.newton import LogisticProblem, minimise_smooth
from runtime.algorithms.linear_learner.optimisers import journey
from runtime.algorithms.linear_learner.settings import Settings
from runtime.algorithms.linear_learner.softmax import SoftmaxProblem
from runtime.algorithms.linear_learner.softmax_descent import descend

# Products that one Gram matrix may take: a second or two; the finish needs 10 to 30 of them.
_MOST_WORK = 2e10
# Weights of all classes together up to which Newton's method is faster than descent.
_MOST_WEIGHTS = 1000


@dataclass(frozen=True)
class _Penalties:
    """Per column of the matrix, times the number of rows: the problems are sums, the objective is a mean."""

    l1: Array
    wd: Array


def finish(
    selected: Selected, examples: Examples, loss: Loss, candidates: Candidates, settings: Settings
) -> Array:
    """Weights at the optimum, or as far towards it as the schedule's steps reach (see the package docstring)."""
    rows, columns = examples.matrix.shape
    if rows * columns**2 > _MOST_WORK:
        log.say(
            f"{rows} rows x {columns} columns are too many for an exact finish: "
            "the model is the best of the mini-batch phase"
        )
        return selected.weights
    penalties = _penalties(selected, candidates, settings, (rows, columns))
    weighed = _weighed(examples, float(candidates.positive_weight[selected.candidate]))
    # Overflow and the like end in a value that is no better, which the comparison below throws away.
    with np.errstate(all="ignore"):
        optimum, better = _optimum(selected.weights, weighed, loss, penalties)
    if not better:
        log.say("The model of the mini-batch phase is the optimum as far as rounding can tell")
        return selected.weights
    share = _reachable(optimum - selected.weights, examples.matrix, candidates, settings)
    log.say(f"Moved the best model {share:.2%} of the way to the optimum of its objective")
    if share == 1.0:
        return optimum
    return selected.weights + share * (optimum - selected.weights)


def _weighed(examples: Examples, positive_weight: float) -> Examples:
    if positive_weight == 1:
        return examples
    factor = np.where(examples.targets[:, 0] == 1, positive_weight, 1.0)
    return replace(examples, weights=examples.weights * factor)


def _penalties(
    selected: Selected, candidates: Candidates, settings: Settings, shape: tuple[int, int]
) -> _Penalties:
    rows, columns = shape
    l1 = np.full(columns, rows * candidates.l1[selected.candidate])
    wd = np.full(columns, rows * candidates.wd[selected.candidate])
    if settings.use_bias:
        l1[-1] = 0.0
        wd[-1] *= settings.bias_wd_mult
    return _Penalties(l1, wd)


def _optimum(
    start: Array, examples: Examples, loss: Loss, penalties: _Penalties
) -> tuple[Array, bool]:
    """The optimum, and whether its objective is below that of `start`."""
    matrix, targets, weights = examples.matrix, examples.targets[:, 0], examples.weights
    l1, wd = penalties.l1, penalties.wd
    if isinstance(loss, BoxLoss):
        boxed = Problem(matrix, loss, targets, weights, l1, wd)
        found = minimise(boxed)
        return found[:, None], boxed.value(found) < boxed.value(start[:, 0])
    if isinstance(loss, LogisticLoss):
        logistic = LogisticProblem(matrix, targets, weights, l1, wd)
        found = minimise_smooth(logistic, np.zeros_like(start[:, 0]))
        return found[:, None], logistic.value(found) < logistic.value(start[:, 0])
    return _optimum_of_classes(start, examples, penalties)


def _optimum_of_classes(
    start: Array, examples: Examples, penalties: _Penalties
) -> tuple[Array, bool]:
    classes = start.shape[1]
    problem = SoftmaxProblem(
        examples.matrix,
        examples.targets[:, 0].astype(np.intp),
        examples.weights,
        penalties.l1,
        penalties.wd,
        classes,
    )
    begin = start.T.reshape(-1)
    try:
        found = (minimise_smooth if start.size <= _MOST_WEIGHTS else descend)(problem, begin)
    except NotPositive:
        return start, False
    return found.reshape(classes, -1).T, problem.value(found) < problem.value(begin)


def _reachable(move: Array, matrix: Array, candidates: Candidates, settings: Settings) -> float:
    """The share of the move that the steps of all epochs could have made at the largest learning rate tried.

    A step moves each weight by about its learning rate; on uncorrelated columns that moves predictions by
    the rate times the root mean square length of a row.
    """
    steps = settings.epochs * -(-len(matrix) // settings.mini_batch_size)
    travelled = journey(settings.optimisation, float(candidates.learning_rate.max()), steps)
    length = float(np.sqrt(np.einsum("ij,ij->", matrix, matrix) / len(matrix)))
    moved = float(np.sqrt(np.mean(np.square(matrix @ move), axis=0).max()))
    return 1.0 if moved <= travelled * length else travelled * length / moved
