"""Hyperband: random configurations, most of which are stopped early, so that good ones get the epochs.

The documentation says what it does, not how; this is the stopping variant of asynchronous successive halving (Li et
al. 2018): a trial is looked at after r, 3r, 9r ... epochs, and goes on when it is among the best third of the earlier
trials that got there. Brackets, taken in turn, begin with r = MinResource, 3 MinResource ... so that slow starters get
their chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from runtime.tuning._base import Strategy, Trial
from runtime.tuning._scales import drawn

_REDUCTION = 3


class Hyperband(Strategy):
    name = "Hyperband"

    def suggest(self, finished: Sequence[Trial], running: Sequence[Trial]) -> Mapping[str, str]:
        return drawn(self.brief, len(finished) + len(running))

    def cutoffs(self, number: int, finished: Sequence[Trial]) -> Mapping[int, float]:
        rungs = self._rungs()
        found = {}
        # The widest bracket stops most jobs, and half of the jobs are in it; the next has half of the rest.
        for epoch in rungs[_bracket(number, len(rungs)) :]:
            reached = sorted(
                (trial.curve[epoch - 1] for trial in finished if len(trial.curve) >= epoch),
                reverse=self.brief.maximize,
            )
            if len(reached) >= _REDUCTION:
                found[epoch] = reached[math.ceil(len(reached) / _REDUCTION) - 1]
        return found

    def _rungs(self) -> list[int]:
        """Epochs at which trials are looked at, below MaxResource."""
        least, most = self.brief.resource or (1, 1)
        rungs = []
        while least < most:
            rungs.append(least)
            least *= _REDUCTION
        return rungs


def _bracket(number: int, rungs: int) -> int:
    """0, 1, 0, 2, 0, 1, 0, 3 ...: how often a bracket comes halves with its number."""
    position = number + 1
    return min((position & -position).bit_length() - 1, max(rungs - 1, 0))
