"""Optimisers and the learning-rate schedule, for all models at once: one column of weights a model (and class)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Optimisation

_EPSILON = 1e-8
_RMS_DECAY = 0.9
# The schedule is at its minimum long before; what follows is a multiplication.
_LISTED = 100_000


class Optimiser(ABC):
    """Turns gradients into steps; keeps its moments between calls."""

    @abstractmethod
    def step(self, gradient: Array, rate: Array) -> Array:
        """What to subtract from the weights; `rate` is the learning rate of each weight."""


class Adam(Optimiser):
    def __init__(self, beta_1: float, beta_2: float) -> None:
        self._beta_1, self._beta_2 = beta_1, beta_2
        self._mean: Array = np.zeros(())
        self._square: Array = np.zeros(())
        self._steps = 0

    def step(self, gradient: Array, rate: Array) -> Array:
        self._steps += 1
        self._mean = self._beta_1 * self._mean + (1 - self._beta_1) * gradient
        self._square = self._beta_2 * self._square + (1 - self._beta_2) * np.square(gradient)
        mean = self._mean / (1 - self._beta_1**self._steps)
        square = self._square / (1 - self._beta_2**self._steps)
        return np.asarray(rate * mean / (np.sqrt(square) + _EPSILON))


class Sgd(Optimiser):
    def __init__(self, momentum: float) -> None:
        self._momentum = momentum
        self._velocity: Array = np.zeros(())

    def step(self, gradient: Array, rate: Array) -> Array:
        self._velocity = self._momentum * self._velocity + rate * gradient
        return self._velocity


class RmsProp(Optimiser):
    def __init__(self) -> None:
        self._square: Array | None = None

    def step(self, gradient: Array, rate: Array) -> Array:
        square = np.square(gradient)
        # Starting from the first square keeps the first steps from being 1 / sqrt(1 - decay) too long.
        before = square if self._square is None else self._square
        self._square = _RMS_DECAY * before + (1 - _RMS_DECAY) * square
        return np.asarray(rate * gradient / (np.sqrt(self._square) + _EPSILON))


def optimiser_of(settings: Optimisation) -> Optimiser:
    if settings.optimizer == "sgd":
        return Sgd(settings.momentum)
    if settings.optimizer == "rmsprop":
        return RmsProp()
    return Adam(settings.beta_1, settings.beta_2)


def journey(settings: Optimisation, learning_rate: float, steps: int) -> float:
    """Sum of the learning rates of that many mini-batches."""
    listed = min(steps, _LISTED)
    rates = [
        decay(settings, np.array(learning_rate), step)
        for step in range(0, listed, settings.lr_scheduler_step)
    ]
    whole = float(np.sum(rates)) * settings.lr_scheduler_step
    surplus = len(rates) * settings.lr_scheduler_step - steps
    return whole - surplus * float(rates[-1])


def decay(settings: Optimisation, learning_rate: Array, step: int) -> Array:
    """Learning rates at mini-batch `step`, counted from 0; the minimum never raises a rate that starts below it."""
    if not settings.use_lr_scheduler:
        return learning_rate
    factor = settings.lr_scheduler_factor ** (step // settings.lr_scheduler_step)
    floor = np.minimum(learning_rate, settings.lr_scheduler_minimum_lr)
    return np.asarray(np.maximum(learning_rate * factor, floor))
