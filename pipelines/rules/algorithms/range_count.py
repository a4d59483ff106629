from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.tuning_limits import MOST_HYPERPARAMETERS, MOST_RANGES
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._ranges import ranges_of

# Tuning adds the objective's name.
_MOST = MOST_HYPERPARAMETERS - 1


class RangeCount(Rule):
    """A tuning job has too many ranges or hyperparameters.

    At most 30 are tuned, and static and tuned ones are at most 99 together. The service refuses the tuning job,
    when the step starts.

    Wrong:
        {"IntegerParameterRanges": [20 ranges], "ContinuousParameterRanges": [20 ranges]}

    Right:
        {"IntegerParameterRanges": [10 ranges], "ContinuousParameterRanges": [10 ranges]}
    """

    code = "E8518"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            count = len(ranges_of(subject, training))
            total = count + len(training.hyperparameters)
            if count > MOST_RANGES:
                yield Match(
                    training.pointer,
                    f"{count} hyperparameters have ranges; at most {MOST_RANGES} are allowed: make some static",
                )
            elif training.tuned and total > _MOST:
                yield Match(
                    training.pointer,
                    f"there are {total} static and tuned hyperparameters; at most {_MOST} are "
                    "allowed: leave some out",
                )
