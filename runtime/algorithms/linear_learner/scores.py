"""The final scores of a channel, under the names of the service's log."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from pipelines.definition.algorithms.linear_learner import BINARY, REGRESSOR
from runtime.algorithms.linear_learner.losses import Array, Loss, softmax
from runtime.algorithms.linear_learner.model import Model
from runtime.algorithms.linear_learner.settings import Settings

Scores = dict[str, float]
# Mean training loss of raw predictions and labels, in original units of the label.
Objective = Callable[[Array, Array], float]


def score(model: Model, features: Array, labels: Array, objective: Objective) -> Scores:
    """Score a model in original units; `objective` gives the training loss of raw predictions there."""
    raw = model.raw(features)
    if model.meta.predictor_type == REGRESSOR:
        return _regression(raw, labels, objective(raw, labels), model)
    if model.meta.predictor_type == BINARY:
        return _binary(raw[:, 0], labels[:, 0], objective(raw, labels), model)
    return _multiclass(raw, labels[:, 0].astype(np.intp), objective(raw, labels), model)


def objective_of(
    loss: Loss, settings: Settings, label_shift: float, label_scale: float
) -> Objective:
    """The mean training loss of raw predictions, in original units of the label."""

    def objective(raw: Array, labels: Array) -> float:
        if settings.predictor_type not in (REGRESSOR, BINARY):
            return float(loss.value(raw[:, :, None], labels).mean())
        trained = [(each - label_shift) / label_scale for each in (raw, labels)]
        return float(loss.value(trained[0], trained[1]).mean()) * label_scale**loss.degree

    return objective


def _regression(raw: Array, labels: Array, objective: float, model: Model) -> Scores:
    mse = float(np.mean(np.square(raw - labels)))
    return {
        model.meta.objective: objective,
        "mse": mse,
        "absolute_loss": float(np.mean(np.abs(raw - labels))),
        "rmse": float(np.sqrt(mse)),
    }


def _binary(margins: Array, labels: Array, objective: float, model: Model) -> Scores:
    called = margins > model.meta.threshold
    true = float(np.sum(called & (labels == 1)))
    positives, calls = float(labels.sum()), float(called.sum())
    beta = model.meta.f_beta**2
    return {
        model.meta.objective: objective,
        "binary_classification_accuracy": float(np.mean(called == labels)),
        f"binary_f_{model.meta.f_beta:.3f}": _share((1 + beta) * true, beta * positives + calls),
        "precision": _share(true, calls),
        "recall": _share(true, positives),
        "roc_auc_score": _area(margins, labels),
    }


def _area(margins: Array, labels: Array) -> float:
    """Area under the ROC curve from ranks; 0.5 when only one class is there."""
    positives = float(labels.sum())
    pairs = positives * (len(labels) - positives)
    ranks = rankdata(margins)[labels == 1].sum()
    return float((ranks - positives * (positives + 1) / 2) / pairs) if pairs else 0.5


def _multiclass(raw: Array, labels: Array, objective: float, model: Model) -> Scores:
    own = np.take_along_axis(raw, labels[:, None].astype(np.intp), axis=1)
    rank = 1 + np.sum(raw > own, axis=1)
    recall, precision = _per_class(raw.argmax(axis=1), labels, raw.shape[1])
    beta = model.meta.f_beta**2
    f = (1 + beta) * precision * recall / np.maximum(beta * precision + recall, 1e-300)
    present = np.bincount(labels, minlength=raw.shape[1]) > 0
    chosen = softmax(raw)[np.arange(len(raw)), labels.astype(np.intp)]
    return {
        model.meta.objective: objective,
        "multiclass_accuracy": float(np.mean(raw.argmax(axis=1) == labels)),
        f"multiclass_top_k_accuracy_{model.meta.top_k}": float(np.mean(rank <= model.meta.top_k)),
        "dcg": float(np.mean(1.0 / np.log2(1 + rank))),
        "macro_recall": float(recall.mean()),
        "macro_precision": float(precision.mean()),
        f"macro_f_{model.meta.f_beta:.3f}": float(f.mean()),
        "multiclass_balanced_accuracy": float(recall[present].mean()),
        "multiclass_log_loss": float(-np.log(np.maximum(chosen, 1e-300)).mean()),
    }


def _per_class(called: Array, labels: Array, classes: int) -> tuple[Array, Array]:
    """Recall and precision of each class; 0 for a class that is never there or never called."""
    hits = np.bincount(labels[called == labels], minlength=classes)
    there = np.bincount(labels, minlength=classes)
    calls = np.bincount(called, minlength=classes)
    return hits / np.maximum(there, 1), hits / np.maximum(calls, 1)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
