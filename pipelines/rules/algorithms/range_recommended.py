from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in
from pipelines.rules.algorithms._ranges import Range, ranges_of

# A range may well reach beyond the advice; this much further is seldom meant.
_FAR = 10


class RangeRecommended(Rule):
    """A range is far from the one that AWS recommends for tuning.

    It is allowed. But a range that shares nothing with the recommended one, or reaches ten times as far, mostly
    finds poor models, or slow ones.

    Wrong:
        {"Name": "max_depth", "MinValue": "1", "MaxValue": "200"}

    Right:
        {"Name": "max_depth", "MinValue": "1", "MaxValue": "10"}
    """

    code = "I8514"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for each in ranges_of(subject, job.training):
                name = job.algorithm.aliases.get(each.name or "", each.name or "")
                advice = job.algorithm.recommended.get(name)
                if advice and _is_far(each, *advice):
                    yield Match(
                        each.pointer,
                        f"the range of {each.name} is {each.low:g} to {each.high:g}; recommended for tuning is "
                        f"{advice[0]:g} to {advice[1]:g}; narrow it unless this is meant",
                    )


def _is_far(each: Range, low: float, high: float) -> bool:
    if each.low is None or each.high is None or each.low > each.high:
        return False
    return each.low > high or each.high < low or each.high > _FAR * high
