from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.algorithms._base import Hyperparameter
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, specified
from pipelines.rules.algorithms._ranges import Range, ranges_of


class RangeOutside(Rule):
    """A range holds values that the built-in algorithm refuses.

    Training jobs that draw one fail, and count against the budget; five in a row end the tuning job.

    Wrong:
        {"Name": "eta", "MinValue": "0.1", "MaxValue": "2"}

    Right:
        {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}
    """

    code = "E8512"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for each in ranges_of(subject, job.training):
                known = specified(job.algorithm, each.name) if each.name else None
                if known is not None and known.tunable:
                    yield from _outside(each, known)


def _outside(each: Range, known: Hyperparameter) -> Iterator[Match]:
    for member, number in (("MinValue", each.low), ("MaxValue", each.high)):
        if number is not None and number not in known.interval:
            yield Match(
                f"{each.pointer}/{member}",
                f"{known.name} is not allowed to be {number:g}; allowed: {known.allowed}",
            )
    for index, value in enumerate(each.values):
        refusal = known.refusal(value) if value is not None else None
        if refusal:
            yield Match(f"{each.pointer}/Values/{index}", f"{refusal}; take it out")
