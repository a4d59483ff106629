"""Random search: each trial is drawn on its own, whatever the others found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runtime.tuning._base import Strategy, Trial
from runtime.tuning._scales import drawn


class RandomSearch(Strategy):
    """A trial depends on the seed and its number alone: the same seed repeats the whole tuning job."""

    name = "Random"
    learns = False

    def suggest(self, finished: Sequence[Trial], running: Sequence[Trial]) -> Mapping[str, str]:
        return drawn(self.brief, len(finished) + len(running))
