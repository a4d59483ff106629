"""The mini-batch phase: every model takes every step, one matrix product a batch for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner.candidates import Candidates
from runtime.algorithms.linear_learner.judge import predictions
from runtime.algorithms.linear_learner.losses import Array, Loss
from runtime.algorithms.linear_learner.optimisers import decay, optimiser_of
from runtime.algorithms.linear_learner.settings import Settings

_SEED = 20171129


@dataclass(frozen=True)
class Examples:
    """Training rows in trained units; `weights` is how much each row's loss counts."""

    matrix: Array
    targets: Array
    weights: Array

    def __len__(self) -> int:
        return len(self.matrix)


@dataclass(frozen=True)
class Selected:
    """The best model of the phase: its columns of weights, and which candidate it is."""

    weights: Array
    candidate: int


class Descent:
    """State of the phase between batches: `weights` has a column a model, class by class when there are classes."""

    def __init__(
        self, examples: Examples, loss: Loss, candidates: Candidates, settings: Settings
    ) -> None:
        self.examples, self.loss, self.settings = examples, loss, settings
        self.candidates = candidates
        self._outputs = settings.num_classes if loss.objective.startswith("multiclass") else 1
        width = examples.matrix.shape[1]
        self._random = np.random.default_rng(_SEED)
        self.weights = self._initial(width, len(candidates) * self._outputs)
        self._optimiser = optimiser_of(settings.optimisation)
        # Per row of weights: only the last may be the bias, which has factors of its own.
        self._rate_factor = np.ones((width, 1))
        wd_factor, l1_factor = np.ones((width, 1)), np.ones((width, 1))
        if settings.use_bias:
            self._rate_factor[-1] = settings.optimisation.bias_lr_mult
            wd_factor[-1] = settings.bias_wd_mult
            l1_factor[-1] = 0.0
        self._wd = wd_factor * np.tile(candidates.wd, self._outputs)
        self._l1 = l1_factor * np.tile(candidates.l1, self._outputs)
        self._weighs_positives = bool((candidates.positive_weight != 1).any())
        self._steps = 0

    def epoch(self) -> Array:
        """One pass in a fresh order of batches; the mean training loss of each model while it learnt."""
        size, rows = self.settings.mini_batch_size, len(self.examples)
        total = np.zeros(len(self.candidates))
        for batch in self._random.permutation(-(-rows // size)):
            total += self._step(slice(batch * size, (batch + 1) * size))
        return total / rows

    def selected(self, model: int) -> Selected:
        """A copy of one model as it is now."""
        return Selected(self.weights[:, model :: len(self.candidates)].copy(), model)

    def _step(self, rows: slice) -> Array:
        matrix, targets = self.examples.matrix[rows], self.examples.targets[rows]
        weights = self.examples.weights[rows]
        p = predictions(matrix, self.weights, len(self.candidates))
        value, slope = self.loss.both(p, targets)
        slope *= weights.reshape((-1,) + (1,) * (p.ndim - 1))
        if self._weighs_positives:
            factor = np.where(targets == 1, self.candidates.positive_weight, 1.0)
            slope *= factor
            value *= factor
        gradient = matrix.T @ slope.reshape(len(matrix), -1)
        gradient /= len(matrix)
        gradient += self._wd * self.weights
        rates = decay(self.settings.optimisation, self.candidates.learning_rate, self._steps)
        rate = self._rate_factor * np.tile(rates, self._outputs)
        self.weights = self.weights - self._optimiser.step(gradient, rate)
        if self._l1.any():
            shrink = rate * self._l1
            self.weights = np.sign(self.weights) * np.maximum(np.abs(self.weights) - shrink, 0)
        self._steps += 1
        return np.asarray(weights @ value)

    def _initial(self, width: int, columns: int) -> Array:
        chosen = self.settings.optimisation
        if chosen.init_method == "normal":
            weights = self._random.normal(0.0, chosen.init_sigma, (width, columns))
        else:
            weights = self._random.uniform(-chosen.init_scale, chosen.init_scale, (width, columns))
        if self.settings.use_bias:
            weights[-1] = chosen.init_bias
        return weights
