"""The course of the epochs: train, judge, log, keep the best model, stop when patience is over."""

from __future__ import annotations

import time

import numpy as np

from runtime.algorithms.linear_learner import log
from runtime.algorithms.linear_learner.descent import Descent, Selected
from runtime.algorithms.linear_learner.judge import Judge, Verdict
from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.stopwatch import Stopwatch
from runtime.images._base import AlgorithmFailure


class Course:
    """Runs a descent under the eyes of a judge; `validated` says that the judge has a validation channel."""

    def __init__(
        self, descent: Descent, judge: Judge, watch: Stopwatch, *, validated: bool
    ) -> None:
        self._descent, self._judge, self._watch = descent, judge, watch
        self._validated = validated
        self._settings = descent.settings
        self._best: Selected | None = None
        self._lowest, self._stale = np.inf, 0

    def run(self) -> Selected:
        """Train until the epochs are over or patience is. Raises AlgorithmFailure when all models diverge."""
        epochs = self._settings.epochs
        # A model that diverges is left behind by selection; only when all do is there something to report.
        with np.errstate(over="ignore", invalid="ignore"):
            for epoch in range(epochs):
                self._epoch(epoch)
                if self._stale >= self._settings.early_stopping_patience:
                    log.say("Early stop condition met. Stopping training.")
                    log.progress(epochs, epochs)
                    break
        if self._best is None:
            raise _diverged(0)
        return self._best

    def _epoch(self, epoch: int) -> None:
        began, started = time.time(), time.perf_counter()
        with self._watch.stage("update.time"):
            losses = self._descent.epoch()
        elapsed = time.perf_counter() - started
        with self._watch.stage("check_early_stopping.time"):
            verdict = self._judge(self._descent.weights, len(losses))
        self._log_quality(epoch, losses, verdict)
        if not np.isfinite(verdict.costs).any():
            raise _diverged(epoch)
        self._keep(verdict)
        log.stale_epochs(epoch, self._stale)
        log.progress(epoch + 1, self._settings.epochs)
        rows = len(self._descent.examples)
        log.records(epoch, rows, -(-rows // self._settings.mini_batch_size), began)
        log.throughput(rows / elapsed)

    def _log_quality(self, epoch: int, losses: Array, verdict: Verdict) -> None:
        objective = self._descent.loss.objective
        log.epoch_quality(epoch, "train", objective, losses)
        if self._validated:
            log.epoch_quality(epoch, "validation", objective, verdict.losses)
        log.early_stopping(epoch, self._judge.criterion, verdict.criterion)

    def _keep(self, verdict: Verdict) -> None:
        cost = float(np.nanmin(verdict.costs))
        self._stale = 0 if self._improved(cost) else self._stale + 1
        if cost < self._lowest:
            self._best = self._descent.selected(int(np.nanargmin(verdict.costs)))
            self._lowest = cost

    def _improved(self, cost: float) -> bool:
        if not np.isfinite(self._lowest):
            return True
        return self._lowest - cost > self._settings.early_stopping_tolerance * abs(self._lowest)


def _diverged(epoch: int) -> AlgorithmFailure:
    return AlgorithmFailure(
        f"training diverged: no model has a finite loss after epoch {epoch}; lower learning_rate, "
        "use optimizer adam, or leave normalize_data on"
    )
