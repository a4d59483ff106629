"""The decision threshold of a binary classifier, calibrated by the selection criterion."""

from __future__ import annotations

import numpy as np

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Settings

# Criteria that judge by the loss: nothing to calibrate, labels switch where the score is neutral.
BY_LOSS = ("loss_function", "cross_entropy_loss")


def calibrate(margins: Array, targets: Array, settings: Settings) -> tuple[float, float]:
    """The best threshold for one model's margins and the criterion's value there (larger is better)."""
    order = np.argsort(-margins, kind="stable")
    ordered, positives = margins[order], targets[order]
    # Entry k: the k largest margins are called positive.
    true = np.concatenate([[0.0], np.cumsum(positives)])
    false = np.arange(len(true)) - true
    values = _criterion(true, false, settings)
    # Equal margins cannot be told apart: a cut must fall between different ones.
    values[1:-1][ordered[1:] == ordered[:-1]] = -np.inf
    best = int(np.argmax(values))
    return _between(ordered, best), float(values[best])


def _criterion(true: Array, false: Array, settings: Settings) -> Array:
    rows, positive = len(true) - 1, true[-1]
    precision = true / np.maximum(true + false, 1.0)
    recall = true / max(positive, 1.0)
    match settings.criterion:
        case "f1" | "f_beta":
            beta = 1.0 if settings.criterion == "f1" else settings.f_beta**2
            missed = positive - true
            weighed = (1 + beta) * true
            return np.asarray(weighed / np.maximum(weighed + beta * missed + false, 1e-300))
        case "precision_at_target_recall":
            return np.where(recall >= settings.target_recall, precision, recall - 2.0)
        case "recall_at_target_precision":
            return np.where(precision >= settings.target_precision, recall, precision - 2.0)
        case _:
            return np.asarray((true + (rows - positive - false)) / rows)


def _between(ordered: Array, cut: int) -> float:
    if cut == 0:
        return float(ordered[0]) + 1.0
    if cut == len(ordered):
        return float(ordered[-1]) - 1.0
    return float(0.5 * (ordered[cut - 1] + ordered[cut]))
