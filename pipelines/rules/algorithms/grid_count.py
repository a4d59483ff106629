from __future__ import annotations

import math
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, entries, mapping
from pipelines.rules.algorithms._ranges import ranges_of
from pipelines.rules.algorithms._tuning import Tuning, is_count, tunings

# More combinations than anybody may run; the exact number of more is of no use.
_MOST = 10**9


class GridCount(Rule):
    """A grid search has another number of training jobs than combinations.

    MaxNumberOfTrainingJobs must be the product of the numbers of values, or be left out: the service refuses the
    tuning job, when the step starts.

    Wrong:
        {"Strategy": "Grid", "MaxNumberOfTrainingJobs": 10, "Values": ["4", "5", "6"]}

    Right:
        {"Strategy": "Grid", "MaxNumberOfTrainingJobs": 3, "Values": ["4", "5", "6"]}
    """

    code = "E8542"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            given = tuning.jobs
            product = _combinations(tuning) if tuning.strategy == "Grid" else None
            if product and is_count(given) and given != product:
                yield Match(
                    tuning.limit_pointer("MaxNumberOfTrainingJobs"),
                    f"MaxNumberOfTrainingJobs is {given}, but the grid has {product} combinations; give "
                    "that number or leave it out",
                )


def _combinations(tuning: Tuning) -> int | None:
    """None when they are not all known now, or there are ranges that a grid does not take."""
    total = 0
    for training in tuning.definitions:
        ranges = ranges_of(tuning.subject, training)
        if not ranges or any(not each.values for each in ranges):
            return None
        total += math.prod(min(len(each.values), _MOST) for each in ranges[:30])
    # A definition that could not be read would add to the number.
    listed = tuning.arguments.get("TrainingJobDefinitions")
    one = bool(mapping(tuning.arguments.get("TrainingJobDefinition")))
    return total if len(tuning.definitions) == len(entries(listed)) + one else None
