"""The models that are trained at once: what `auto` is tried as."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipelines.definition.algorithms.linear_learner import BINARY
from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Settings
from runtime.images._base import ClientFailure

# Logs of the service show 32 models when nothing is said.
_MOST = 32
# Two gigabytes, of which a few exist at a time.
_MOST_NUMBERS = 250_000_000
# Plain gradient steps diverge on correlated columns at the rates that the adaptive optimisers like.
_RATES = {
    "adam": (0.1, 0.05, 0.01, 0.005),
    "rmsprop": (0.05, 0.02, 0.01, 0.005),
    "sgd": (0.01, 0.005, 0.002, 0.001),
}
_L1 = (0.0, 1e-4)
_WD = (0.0, 1e-4, 1e-3, 1e-2)


@dataclass(frozen=True)
class Candidates:
    """One number a model; model 0 has the first choice of everything."""

    positive_weight: Array
    learning_rate: Array
    l1: Array
    wd: Array

    def __len__(self) -> int:
        return len(self.learning_rate)


def candidates_of(settings: Settings, balance: float, size: int = 1) -> Candidates:
    """Combine the choices; `num_models` beyond their number repeats them with other initial weights.

    `auto` takes each combination once, at most 32, else evenly spread ones: 32 when learning_rate, l1 and wd are
    all `auto`, 1 when all are given. `balance` is the weight of positives that makes both classes count the same.
    `size` is how many numbers one model takes at once. Raises ClientFailure when that is more than memory allows.
    """
    given = settings.optimisation.learning_rate
    rates = _RATES[settings.optimisation.optimizer] if given is None else (given,)
    l1 = _L1 if settings.l1 is None else (settings.l1,)
    wd = _WD if settings.wd is None else (settings.wd,)
    grid = list(itertools.product(_positive_weights(settings, balance), rates, l1, wd))
    count = _affordable(settings, min(len(grid), _MOST), size)
    chosen = np.array([grid[at] for at in _spread(count, len(grid))])
    return Candidates(*chosen.T)


def _affordable(settings: Settings, auto: int, size: int) -> int:
    most = _MOST_NUMBERS // size
    wanted = settings.num_models or 1
    if wanted > most:
        raise ClientFailure(
            f"num_models {wanted} x num_classes {settings.num_classes} x mini_batch_size "
            f"{settings.mini_batch_size} take {wanted * size} numbers at once; at most {_MOST_NUMBERS} fit "
            "into memory: lower one of them"
        )
    return settings.num_models or min(auto, most)


def _positive_weights(settings: Settings, balance: float) -> tuple[float, ...]:
    if settings.predictor_type != BINARY:
        return (1.0,)
    if settings.positive_balanced:
        return (balance,)
    if settings.positive_weight is not None:
        return (settings.positive_weight,)
    return tuple(dict.fromkeys((1.0, math.sqrt(balance), balance)))


def _spread(count: int, choices: int) -> Iterable[int]:
    if count > choices:
        return (number % choices for number in range(count))
    return (number * choices // count for number in range(count))
