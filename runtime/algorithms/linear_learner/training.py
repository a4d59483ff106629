"""One training job: from the files of the container contract to the model file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.definition.algorithms.linear_learner import BINARY, MULTICLASS
from runtime.algorithms.linear_learner import log
from runtime.algorithms.linear_learner.candidates import Candidates, candidates_of
from runtime.algorithms.linear_learner.course import Course
from runtime.algorithms.linear_learner.data import Dataset, read_channels
from runtime.algorithms.linear_learner.descent import Descent, Examples, Selected
from runtime.algorithms.linear_learner.finish import finish
from runtime.algorithms.linear_learner.judge import Judge
from runtime.algorithms.linear_learner.losses import Array, Loss, loss_of
from runtime.algorithms.linear_learner.model import Meta, Model, save
from runtime.algorithms.linear_learner.scaler import Scaler, fit_scaler
from runtime.algorithms.linear_learner.scores import Objective, Scores, objective_of, score
from runtime.algorithms.linear_learner.settings import Settings, read_settings
from runtime.algorithms.linear_learner.stopwatch import Stopwatch
from runtime.algorithms.linear_learner.thresholds import BY_LOSS, calibrate
from runtime.images._base import ClientFailure
from runtime.jobs.nest import keep, kept_or

_SEED = 20171129
# Training rows that judge the models when there is no validation channel.
_SAMPLE = 10_000


def train(root: Path) -> None:
    """Train below `root` (/opt/ml): reads input, prints the log, writes model. Raises AlgorithmFailure."""
    watch = Stopwatch()
    with watch.stage("setuptime"):
        settings = _settings(root)
    with watch.stage("initialize.time"):
        channels = kept_or(lambda: _channels(root, settings))
    save(fit(channels, settings, watch), root / "model")


def load_data(root: Path) -> None:
    """Read the channels once for several jobs, which this process forks. Raises AlgorithmFailure."""
    keep(lambda: _channels(root, _settings(root)))


def _settings(root: Path) -> Settings:
    return read_settings(_texts(_document(root / "input/config/hyperparameters.json")))


def _channels(root: Path, settings: Settings) -> dict[str, Dataset]:
    config = _document(root / "input/config/inputdataconfig.json")
    return read_channels(root / "input/data", config, settings)


def fit(channels: dict[str, Dataset], settings: Settings, watch: Stopwatch) -> Model:
    """Train on the channel `train`, select on `validation`, score all channels; log all of it.

    On one BLAS thread: products of a mini-batch are so small that threads mostly wait for each other, many
    times longer than they compute when other jobs keep the cores busy; and sums keep their order everywhere.
    """
    with threadpool_limits(1, user_api="blas"):
        return _fit(channels, settings, watch)


def _fit(channels: dict[str, Dataset], settings: Settings, watch: Stopwatch) -> Model:
    training, loss = channels["train"], loss_of(settings)
    scaler = fit_scaler(training.features, training.labels, settings)
    candidates = candidates_of(
        settings, _balance(training.labels, settings), _size(training, settings)
    )
    examples = _examples(training, scaler, settings)
    descent = Descent(examples, loss, candidates, settings)
    judge = _judge(channels, examples, scaler, settings)
    selected = Course(descent, judge, watch, validated="validation" in channels).run()
    with watch.stage("finalize.time"):
        weights = finish(selected, examples, loss, candidates, settings)
        model = _model(weights, scaler, loss, settings)
        model = _calibrated(model, channels.get("validation", training), settings)
    objective = objective_of(loss, settings, scaler.label_shift, scaler.label_scale)
    _report(model, channels, objective, _chosen(candidates, selected, settings))
    log.totals(watch, settings.epochs)
    return model


def _examples(training: Dataset, scaler: Scaler, settings: Settings) -> Examples:
    order = np.random.default_rng(_SEED).permutation(len(training))
    labels = scaler.labels(training.labels, order)
    return Examples(
        scaler.design(training.features, bias=settings.use_bias, order=order),
        labels,
        _row_weights(labels[:, 0], settings),
    )


def _row_weights(labels: Array, settings: Settings) -> Array:
    if settings.predictor_type == MULTICLASS and settings.balance_multiclass_weights:
        counts = np.bincount(labels.astype(np.intp), minlength=settings.num_classes)
        return np.asarray(len(labels) / (np.count_nonzero(counts) * counts[labels.astype(np.intp)]))
    return np.ones(len(labels))


def _size(training: Dataset, settings: Settings) -> int:
    """How many numbers one model takes at once: its weights, or its predictions of a batch."""
    outputs = settings.num_classes if settings.predictor_type == MULTICLASS else 1
    batch = min(len(training), settings.mini_batch_size)
    return outputs * max(batch, int(training.features.shape[1]) + 1)


def _balance(labels: Array, settings: Settings) -> float:
    """Negatives for each positive; 1 when there is only one class, which nothing can balance."""
    positives = float(np.sum(labels == 1)) if settings.predictor_type == BINARY else 0.0
    return (len(labels) - positives) / positives if 0 < positives < len(labels) else 1.0


def _judge(
    channels: dict[str, Dataset], examples: Examples, scaler: Scaler, settings: Settings
) -> Judge:
    loss = loss_of(settings)
    unit = scaler.label_scale**loss.degree
    validation = channels.get("validation")
    if validation is None:
        matrix, targets = examples.matrix[:_SAMPLE], examples.targets[:_SAMPLE]
    else:
        matrix = scaler.design(validation.features, bias=settings.use_bias)
        targets = scaler.labels(validation.labels)
    return Judge(matrix, targets, loss, settings, unit=unit)


def _model(weights: Array, scaler: Scaler, loss: Loss, settings: Settings) -> Model:
    slopes, bias = scaler.fold(weights, bias=settings.use_bias)
    meta = Meta(
        predictor_type=settings.predictor_type,
        loss=settings.loss,
        objective=loss.objective,
        threshold=0.0,
        f_beta=settings.f_beta,
        top_k=settings.accuracy_top_k,
    )
    return Model(slopes, bias, meta)


def _calibrated(model: Model, dataset: Dataset, settings: Settings) -> Model:
    if settings.predictor_type != BINARY or settings.criterion in BY_LOSS:
        return model
    count = settings.num_calibration_samples
    margins = model.raw(dataset.features[:count])[:, 0]
    threshold, _ = calibrate(margins, dataset.labels[:count, 0], settings)
    return replace(model, meta=replace(model.meta, threshold=threshold))


def _report(
    model: Model, channels: dict[str, Dataset], objective: Objective, chosen: dict[str, object]
) -> None:
    for name in ("train", "validation"):
        if name in channels:
            log.final_scores(name, _score(model, channels[name], objective))
    log.best_model(chosen)
    if "test" in channels:
        log.final_scores("test", _score(model, channels["test"], objective))
    else:
        log.say("Test data is not provided.")


def _score(model: Model, dataset: Dataset, objective: Objective) -> Scores:
    return score(model, dataset.features, dataset.labels, objective)


def _chosen(candidates: Candidates, selected: Selected, settings: Settings) -> dict[str, object]:
    """What the log's line about the best model shows, in the service's order of names."""
    chosen = settings.optimisation
    return {
        "lr_scheduler_step": chosen.lr_scheduler_step,
        "wd": float(candidates.wd[selected.candidate]),
        "optimizer": chosen.optimizer,
        "lr_scheduler_factor": chosen.lr_scheduler_factor,
        "l1": float(candidates.l1[selected.candidate]),
        "learning_rate": float(candidates.learning_rate[selected.candidate]),
        "lr_scheduler_minimum_lr": chosen.lr_scheduler_minimum_lr,
    }


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClientFailure(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ClientFailure(f"{path.name} must be a JSON object")
    return document


def _texts(document: dict[str, Any]) -> dict[str, str]:
    wrong = sorted(name for name, value in document.items() if not isinstance(value, str))
    if wrong:
        raise ClientFailure(
            f"hyperparameters must be strings but these are not: {', '.join(wrong)}"
        )
    return document
