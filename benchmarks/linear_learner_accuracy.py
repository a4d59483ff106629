"""How far LinearLearner ends from the exact optimum of its training loss, by solvers that share nothing with it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_matrix, hstack, identity
from sklearn.linear_model import LogisticRegression

from pipelines.definition.algorithms.linear_learner import BINARY, LOSSES, MULTICLASS, REGRESSOR
from runtime.algorithms.linear_learner.data import Dataset
from runtime.algorithms.linear_learner.settings import read_settings
from runtime.algorithms.linear_learner.stopwatch import Stopwatch
from runtime.algorithms.linear_learner.training import fit

ROWS, COLUMNS, CLASSES = 2000, 8, 4
DELTA, EPSILON, QUANTILE, MARGIN = 0.5, 0.2, 0.9, 1.0
CHOSEN = {
    "l1": "0",
    "wd": "0",
    "huber_delta": str(DELTA),
    "loss_insensitivity": str(EPSILON),
    "quantile": str(QUANTILE),
    "num_classes": str(CLASSES),
}
# Of a residual target - prediction, in standard deviations of the label.
RESIDUAL: dict[str, Callable[[Any], Any]] = {
    "squared_loss": np.square,
    "absolute_loss": np.abs,
    "quantile_loss": lambda r: np.maximum(QUANTILE * r, (QUANTILE - 1) * r),
    "eps_insensitive_absolute_loss": lambda r: np.maximum(np.abs(r) - EPSILON, 0),
    "eps_insensitive_squared_loss": lambda r: np.maximum(np.abs(r) - EPSILON, 0) ** 2,
    "huber_loss": lambda r: np.where(
        np.abs(r) < DELTA, 0.5 * r**2, DELTA * (np.abs(r) - 0.5 * DELTA)
    ),
}
# Cost of a unit above and below, and how far is free.
PIECEWISE = {
    "absolute_loss": (1, 1, 0),
    "quantile_loss": (QUANTILE, 1 - QUANTILE, 0),
    "eps_insensitive_absolute_loss": (1, 1, EPSILON),
}


def print_accuracy() -> None:
    print(
        f"\nTraining loss above the exact optimum, as a share of it ({ROWS} rows x {COLUMNS}; bar: 1e-2)"
    )
    print(f"{'':32}{'well conditioned':>20}{'ill scaled':>20}")
    for kind, losses in LOSSES.items():
        for loss in losses:
            ratios = [excess(kind, loss, ill=ill) for ill in (False, True)]
            print(f"{loss:32}" + "".join(f"{ratio:+20.1e}" for ratio in ratios))


def excess(kind: str, loss: str, *, ill: bool) -> float:
    """By how much the loss reached is above the optimum, as a share of it."""
    features, labels = table(kind, ill=ill)
    standard = np.column_stack([(features - features.mean(0)) / features.std(0), np.ones(ROWS)])
    chosen = {**CHOSEN, "predictor_type": kind, "loss": loss}
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = Dataset(features, labels.reshape(-1, 1))
        model = fit({"train": dataset}, read_settings(chosen), Stopwatch())
    raw = model.raw(features)
    if kind == REGRESSOR:
        unit, target = labels.std(), (labels - labels.mean()) / labels.std()
        reached = float(RESIDUAL[loss]((labels - raw[:, 0]) / unit).mean())
        return reached / regression(loss, standard, target) - 1
    if loss == "hinge_loss":
        y = 2 * labels - 1
        return float(np.maximum(MARGIN - y * raw[:, 0], 0).mean()) / hinge(standard, y) - 1
    logits = raw if kind == MULTICLASS else np.column_stack([np.zeros(ROWS), raw])
    exact = LogisticRegression(C=np.inf, tol=1e-9, max_iter=5000).fit(standard[:, :-1], labels)
    best = exact.decision_function(standard[:, :-1])
    best = best if kind == MULTICLASS else np.column_stack([np.zeros(ROWS), best])
    return cross_entropy(logits, labels) / cross_entropy(best, labels) - 1


def table(kind: str, *, ill: bool) -> tuple[Any, Any]:
    """Independent columns of one scale, or correlated ones whose scales differ by nine orders of magnitude."""
    random = np.random.default_rng(11)
    features = random.normal(size=(ROWS, COLUMNS))
    if ill:
        features = 0.99 * features[:, :1] + np.sqrt(1 - 0.99**2) * features
    score = features @ random.normal(size=(COLUMNS, CLASSES))
    if kind == REGRESSOR:
        labels = 2e5 + 5e4 * (
            score[:, 0] + random.standard_t(3, ROWS) + random.exponential(1, ROWS)
        )
    elif kind == BINARY:
        labels = (score[:, 0] + 2 * random.logistic(size=ROWS) > 1).astype(float)
    else:
        labels = (score + 2 * random.gumbel(size=score.shape)).argmax(1).astype(float)
    return (features * 10.0 ** np.linspace(-3, 6, COLUMNS) + 1000.0 if ill else features), labels


def regression(loss: str, matrix: Any, target: Any) -> float:
    if loss in PIECEWISE:
        return programme(matrix, target, *PIECEWISE[loss])
    whitened = np.linalg.qr(matrix)[0] * np.sqrt(ROWS)
    start = whitened.T @ target / ROWS
    found = minimize(
        lambda w: float(RESIDUAL[loss](target - whitened @ w).mean()), start, options={"gtol": 1e-9}
    )
    return float(found.fun)


def programme(matrix: Any, target: Any, up: float, down: float, free: float) -> float:
    """The least mean cost of residuals, as a linear programme."""
    one = identity(ROWS)
    cost = np.concatenate(
        [np.zeros(matrix.shape[1]), np.full(ROWS, up), np.full(ROWS, down), np.zeros(ROWS)]
    )
    bounds = [(None, None)] * matrix.shape[1] + [(0, None)] * (2 * ROWS) + [(-free, free)] * ROWS
    system = hstack([csr_matrix(matrix), one, -one, one])
    return float(linprog(cost, A_eq=system, b_eq=target, bounds=bounds).fun) / ROWS


def hinge(matrix: Any, y: Any) -> float:
    width = matrix.shape[1]
    system = hstack([csr_matrix(-y[:, None] * matrix), -identity(ROWS)])
    cost = np.r_[np.zeros(width), np.ones(ROWS)]
    bounds = [(None, None)] * width + [(0, None)] * ROWS
    return float(linprog(cost, system, np.full(ROWS, -MARGIN), bounds=bounds).fun) / ROWS


def cross_entropy(logits: Any, labels: Any) -> float:
    own = logits[np.arange(ROWS), labels.astype(int)]
    return float(np.mean(np.logaddexp.reduce(logits, axis=1) - own))
