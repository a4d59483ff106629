"""The mini-batch phase: every model takes every step, one matrix product a batch for all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner import log
from runtime.algorithms.linear_learner.candidates import Candidates
from runtime.algorithms.linear_learner.judge import Judge, predictions
from runtime.algorithms.linear_learner.losses import Array, Loss
from runtime.algorithms.linear_learner.optimisers import decay, optimiser_of
from runtime.algorithms.linear_learner.settings import Settings
from runtime.images._base import AlgorithmFailure

_SEED = 20171129


@dataclass(frozen=True)
class Examples:
    """Training rows in trained units; `weights` is how much each row's loss counts."""

    matrix: Array
    targets: Array
    weights: Array


@dataclass(frozen=True)
class Selected:
    """The best model of the phase: its columns of weights, and which candidate it is."""

    weights: Array
    candidate: int


class Descent:
    """State of the phase between batches. `outputs` is the number of weight columns a model."""

    def __init__(
        self, examples: Examples, loss: Loss, candidates: Candidates, settings: Settings
    ) -> None:
        self._examples, self._loss, self._settings = examples, loss, settings
        self._candidates = candidates
        self._outputs = settings.num_classes if loss.objective.startswith("multiclass") else 1
        width = examples.matrix.shape[1]
        self._random = np.random.default_rng(_SEED)
        self._weights = self._initial(width, len(candidates) * self._outputs)
        self._optimiser = optimiser_of(settings.optimisation)
        # Per column of weights: its model's numbers; per row: whether it is the bias.
        columns = np.ones((width, 1))
        self._rate_factor, self._wd_factor, self._l1_factor = (
            columns,
            columns.copy(),
            columns.copy(),
        )
        if settings.use_bias:
            self._rate_factor[-1] = settings.optimisation.bias_lr_mult
            self._wd_factor[-1] = settings.bias_wd_mult
            self._l1_factor[-1] = 0.0
        self._wd = self._wd_factor * np.repeat(candidates.wd, self._outputs)
        self._l1 = self._l1_factor * np.repeat(candidates.l1, self._outputs)
        self._steps = 0

    def run(self, judge: Judge, *, validated: bool) -> Selected:
        """Train until the epochs are over or patience is; log as the service does. Raises AlgorithmFailure."""
        best: Selected | None = None
        lowest, stale = np.inf, 0
        models = len(self._candidates)
        # A model that diverges is left behind by selection; only when all do is there something to report.
        with np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(self._settings.epochs):
                started = time.perf_counter()
                losses = self._epoch()
                elapsed = time.perf_counter() - started
                verdict = judge(self._weights, models)
                log.epoch_quality(epoch, "train", self._loss.objective, losses[0])
                if validated:
                    log.epoch_quality(epoch, "validation", self._loss.objective, verdict.losses[0])
                log.early_stopping(epoch, judge.criterion, verdict.criterion)
                if not np.isfinite(verdict.costs).any():
                    raise _diverged(epoch)
                cost = float(np.nanmin(verdict.costs))
                stale = 0 if self._improved(cost, lowest) else stale + 1
                if cost < lowest:
                    best, lowest = self._snapshot(int(np.nanargmin(verdict.costs))), cost
                log.stale_epochs(epoch, stale)
                log.progress(epoch + 1, self._settings.epochs)
                log.throughput(len(self._examples.matrix) / elapsed)
                if stale >= self._settings.early_stopping_patience:
                    log.say("Early stop condition met. Stopping training.")
                    log.progress(self._settings.epochs, self._settings.epochs)
                    break
        if best is None:
            raise _diverged(0)
        return best

    def _epoch(self) -> Array:
        """One pass in a fresh order of batches; the mean training loss of each model while it learnt."""
        size, rows = self._settings.mini_batch_size, len(self._examples.matrix)
        total = np.zeros(len(self._candidates))
        for batch in self._random.permutation(-(-rows // size)):
            total += self._step(slice(batch * size, (batch + 1) * size))
        return total / rows

    def _step(self, rows: slice) -> Array:
        matrix, targets = self._examples.matrix[rows], self._examples.targets[rows]
        weights = self._examples.weights[rows]
        p = predictions(matrix, self._weights, len(self._candidates))
        factor = weights.reshape((-1,) + (1,) * (p.ndim - 1))
        slope = (self._loss.gradient(p, targets) * factor).reshape(len(matrix), -1)
        gradient = matrix.T @ slope / len(matrix) + self._wd * self._weights
        rates = decay(self._settings.optimisation, self._candidates.learning_rate, self._steps)
        rate = self._rate_factor * np.repeat(rates, self._outputs)
        self._weights = self._weights - self._optimiser.step(gradient, rate)
        if self._l1.any():
            shrink = rate * self._l1
            self._weights = np.sign(self._weights) * np.maximum(np.abs(self._weights) - shrink, 0)
        self._steps += 1
        return np.asarray(weights @ self._loss.value(p, targets))

    def _improved(self, cost: float, lowest: float) -> bool:
        if not np.isfinite(lowest):
            return True
        return lowest - cost > self._settings.early_stopping_tolerance * abs(lowest)

    def _snapshot(self, model: int) -> Selected:
        columns = slice(model * self._outputs, (model + 1) * self._outputs)
        return Selected(self._weights[:, columns].copy(), model)

    def _initial(self, width: int, columns: int) -> Array:
        chosen = self._settings.optimisation
        if chosen.init_method == "normal":
            weights = self._random.normal(0.0, chosen.init_sigma, (width, columns))
        else:
            weights = self._random.uniform(-chosen.init_scale, chosen.init_scale, (width, columns))
        if self._settings.use_bias:
            weights[-1] = chosen.init_bias
        return weights


def _diverged(epoch: int) -> AlgorithmFailure:
    return AlgorithmFailure(
        f"training diverged: no model has a finite loss after epoch {epoch}; lower learning_rate, "
        "use optimizer adam, or leave normalize_data on"
    )
