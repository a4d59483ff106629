"""Grid search: every combination of categorical values once, in the order in which the ranges list them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from runtime.tuning._base import Range, Strategy, Trial


class GridSearch(Strategy):
    """The last range varies fastest."""

    name = "Grid"
    learns = False

    def suggest(
        self, finished: Sequence[Trial], running: Sequence[Trial]
    ) -> Mapping[str, str] | None:
        number = len(finished) + len(running)
        if number >= combinations(self.brief.ranges):
            return None
        chosen: dict[str, str] = {}
        for space in reversed(self.brief.ranges):
            number, place = divmod(number, len(space.values))
            chosen[space.name] = space.values[place]
        return {space.name: chosen[space.name] for space in self.brief.ranges}


def combinations(ranges: Sequence[Range]) -> int:
    """How many training jobs a grid over categorical ranges has."""
    return math.prod(len(space.values) for space in ranges)
