"""The models that are trained at once: what `auto` is tried as."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Settings

# Logs of the service show 32 models when nothing is said.
_MOST = 32
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

    learning_rate: Array
    l1: Array
    wd: Array

    def __len__(self) -> int:
        return len(self.learning_rate)


def candidates_of(settings: Settings) -> Candidates:
    """Combine the choices; `num_models` beyond their number repeats them with other initial weights.

    `auto` takes each combination once: 32 when learning_rate, l1 and wd are all `auto`, 1 when all are given.
    """
    given = settings.optimisation.learning_rate
    rates = _RATES[settings.optimisation.optimizer] if given is None else (given,)
    l1 = _L1 if settings.l1 is None else (settings.l1,)
    wd = _WD if settings.wd is None else (settings.wd,)
    grid = [(rate, one, two) for rate, one, two in itertools.product(rates, l1, wd)]
    count = min(len(grid), _MOST) if settings.num_models is None else settings.num_models
    chosen = np.array(list(itertools.islice(itertools.cycle(grid), count)))
    return Candidates(chosen[:, 0], chosen[:, 1], chosen[:, 2])
