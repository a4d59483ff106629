"""The losses: value and derivative for the mini-batch phase, box form for the exact finish.

Predictions have one column per model (and one layer per class: rows, classes, models); targets are a column.
Regression losses work on the label as it is trained (normalised or not); `degree` says how they scale with the
label's unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from runtime.algorithms.linear_learner.settings import Settings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Boxes:
    """A loss as max over a in [low, high] of a * s - curvature * a**2 / 2, with s = sign * (target - p) - offset.

    Each entry of `signs` is one such piece; the loss is the sum of its pieces. `low` and `high` are numbers or
    one number a row.
    """

    target: Array
    low: Array
    high: Array
    curvature: float = 0.0
    signs: tuple[float, ...] = (1.0,)
    offset: float = 0.0


class Loss(ABC):
    """`objective` is the loss's name in the log; `degree` 1 scales with the label's unit, 2 with its square."""

    objective: ClassVar[str]
    degree: ClassVar[int] = 0

    @abstractmethod
    def value(self, p: Array, t: Array) -> Array:
        """Loss of each prediction."""

    @abstractmethod
    def gradient(self, p: Array, t: Array) -> Array:
        """Derivative (or a subgradient) of each loss by its prediction."""

    def both(self, p: Array, t: Array) -> tuple[Array, Array]:
        """Value and gradient; overridden where they share their costly part."""
        return self.value(p, t), self.gradient(p, t)


class BoxLoss(Loss):
    """A loss that the interior-point finish can solve exactly."""

    @abstractmethod
    def boxes(self, t: Array) -> Boxes: ...


class SquaredLoss(BoxLoss):
    # The name is the service's; the others' follow the hyperparameter `loss`.
    objective = "mse_objective"
    degree = 2

    def value(self, p: Array, t: Array) -> Array:
        return np.square(p - t)

    def gradient(self, p: Array, t: Array) -> Array:
        return 2.0 * (p - t)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(t, np.array(-np.inf), np.array(np.inf), curvature=0.5)


class AbsoluteLoss(BoxLoss):
    objective = "absolute_loss_objective"
    degree = 1

    def value(self, p: Array, t: Array) -> Array:
        return np.abs(p - t)

    def gradient(self, p: Array, t: Array) -> Array:
        return np.sign(p - t)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(t, np.array(-1.0), np.array(1.0))


@dataclass(frozen=True)
class QuantileLoss(BoxLoss):
    """Pinball loss: `quantile` per unit predicted too low, 1 - `quantile` per unit too high."""

    quantile: float
    objective = "quantile_loss_objective"
    degree = 1

    def value(self, p: Array, t: Array) -> Array:
        return np.maximum(self.quantile * (t - p), (self.quantile - 1) * (t - p))

    def gradient(self, p: Array, t: Array) -> Array:
        return np.where(p < t, -self.quantile, 1 - self.quantile)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(t, np.array(self.quantile - 1), np.array(self.quantile))


@dataclass(frozen=True)
class HuberLoss(BoxLoss):
    """Half the square up to `delta`, linear beyond."""

    delta: float
    objective = "huber_loss_objective"
    degree = 2

    def value(self, p: Array, t: Array) -> Array:
        a = np.minimum(np.abs(p - t), self.delta)
        return a * (np.abs(p - t) - 0.5 * a)

    def gradient(self, p: Array, t: Array) -> Array:
        return np.clip(p - t, -self.delta, self.delta)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(t, np.array(-self.delta), np.array(self.delta), curvature=1.0)


@dataclass(frozen=True)
class InsensitiveAbsoluteLoss(BoxLoss):
    """Absolute error beyond `insensitivity`."""

    insensitivity: float
    objective = "eps_insensitive_absolute_loss_objective"
    degree = 1

    def value(self, p: Array, t: Array) -> Array:
        return np.maximum(np.abs(p - t) - self.insensitivity, 0.0)

    def gradient(self, p: Array, t: Array) -> Array:
        return np.sign(p - t) * (np.abs(p - t) > self.insensitivity)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(t, np.array(0.0), np.array(1.0), signs=(1.0, -1.0), offset=self.insensitivity)


@dataclass(frozen=True)
class InsensitiveSquaredLoss(BoxLoss):
    """Square of the error beyond `insensitivity`."""

    insensitivity: float
    objective = "eps_insensitive_squared_loss_objective"
    degree = 2

    def value(self, p: Array, t: Array) -> Array:
        return np.square(np.maximum(np.abs(p - t) - self.insensitivity, 0.0))

    def gradient(self, p: Array, t: Array) -> Array:
        return 2.0 * np.sign(p - t) * np.maximum(np.abs(p - t) - self.insensitivity, 0.0)

    def boxes(self, t: Array) -> Boxes:
        return Boxes(
            t,
            np.array(0.0),
            np.array(np.inf),
            curvature=0.5,
            signs=(1.0, -1.0),
            offset=self.insensitivity,
        )


@dataclass(frozen=True)
class HingeLoss(BoxLoss):
    """max(0, margin - y p) for y = -1 (label 0) and +1 (label 1)."""

    margin: float
    objective = "hinge_loss_objective"

    def value(self, p: Array, t: Array) -> Array:
        return np.maximum(self.margin - (2 * t - 1) * p, 0.0)

    def gradient(self, p: Array, t: Array) -> Array:
        y = 2 * t - 1
        return -y * (y * p < self.margin)

    def boxes(self, t: Array) -> Boxes:
        y = 2 * t - 1
        return Boxes(y * self.margin, np.minimum(y, 0.0), np.maximum(y, 0.0))


class LogisticLoss(Loss):
    objective = "binary_classification_cross_entropy_objective"

    def value(self, p: Array, t: Array) -> Array:
        return self.both(p, t)[0]

    def gradient(self, p: Array, t: Array) -> Array:
        return sigmoid(p) - t

    def both(self, p: Array, t: Array) -> tuple[Array, Array]:
        # Without overflow: exp is only taken of negative numbers.
        e = np.exp(-np.abs(p))
        rest = 1.0 + e
        value = np.log(rest) + np.maximum(p, 0.0) - t * p
        return value, np.where(p >= 0, 1.0, e) / rest - t


class SoftmaxLoss(Loss):
    """Cross entropy of classes: predictions are (rows, classes, models), targets the class numbers."""

    objective = "multiclass_cross_entropy_objective"

    def value(self, p: Array, t: Array) -> Array:
        return self.both(p, t)[0]

    def gradient(self, p: Array, t: Array) -> Array:
        return self.both(p, t)[1]

    def both(self, p: Array, t: Array) -> tuple[Array, Array]:
        own = np.arange(len(p)), t.reshape(-1).astype(np.intp)
        shifted = p - p.max(axis=1, keepdims=True)
        chosen = shifted[own]
        e = np.exp(shifted, out=shifted)
        total = e.sum(axis=1)
        gradient = np.divide(e, total[:, None], out=e)
        gradient[own] -= 1.0
        return np.log(total) - chosen, gradient


def loss_of(settings: Settings) -> Loss:
    """Pick the loss that the settings name."""
    losses: dict[str, Loss] = {
        "squared_loss": SquaredLoss(),
        "absolute_loss": AbsoluteLoss(),
        "quantile_loss": QuantileLoss(settings.quantile),
        "huber_loss": HuberLoss(settings.huber_delta),
        "eps_insensitive_absolute_loss": InsensitiveAbsoluteLoss(settings.loss_insensitivity),
        "eps_insensitive_squared_loss": InsensitiveSquaredLoss(settings.loss_insensitivity),
        "logistic": LogisticLoss(),
        "hinge_loss": HingeLoss(settings.margin),
        "softmax_loss": SoftmaxLoss(),
    }
    return losses[settings.loss]


def sigmoid(p: Array) -> Array:
    """Logistic function without overflow: exp is only taken of negative numbers."""
    e = np.exp(-np.abs(p))
    return np.asarray(np.where(p >= 0, 1.0, e) / (1.0 + e))


def softmax(p: Array) -> Array:
    """Probabilities of classes, which are the last axis."""
    e = np.exp(p - p.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))
