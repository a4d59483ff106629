"""Random search: each trial is drawn on its own, whatever the others found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from runtime.tuning._base import Strategy, Trial
from runtime.tuning._scales import places


class RandomSearch(Strategy):
    """A trial depends on the seed and its number alone: the same seed repeats the whole tuning job."""

    name = "Random"

    def suggest(self, finished: Sequence[Trial], running: Sequence[Trial]) -> Mapping[str, str]:
        number = len(finished) + len(running)
        generator = np.random.default_rng([self.seed, number])
        return places(self.ranges, generator.random(len(self.ranges)).tolist())
