"""TrainingJobEarlyStoppingType `Auto`: the median rule, as the developer guide words it.

"Worse" is measured after every epoch against the median, over the earlier training jobs, of each one's average
objective up to that epoch.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import accumulate

from runtime.tuning._base import Trial

# Not documented: with fewer curves a median says little, and the first jobs must not stop each other.
_CURVES_NEEDED = 5


def median_cutoffs(finished: Sequence[Trial]) -> Mapping[int, float]:
    """Epochs (from 1) and the objective that must not be worse there; trials without epochs have no say."""
    averages = [_running_average(trial.curve) for trial in finished if len(trial.curve) > 1]
    longest = max(map(len, averages), default=0)
    found = {}
    for epoch in range(1, longest + 1):
        reached = [average[epoch - 1] for average in averages if len(average) >= epoch]
        if len(reached) < _CURVES_NEEDED:
            break  # fewer and fewer jobs get further
        found[epoch] = statistics.median(reached)
    return found


def _running_average(curve: Sequence[float]) -> list[float]:
    return [total / count for count, total in enumerate(accumulate(curve), 1)]
