from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import Range, RangeKind, as_number, ranges_of


class RangeBounds(Rule):
    """The bounds of a range are no numbers, or the wrong way round.

    The service refuses the tuning job, when the step starts.

    Wrong:
        {"Name": "max_depth", "MinValue": "9", "MaxValue": "3"}

    Right:
        {"Name": "max_depth", "MinValue": "3", "MaxValue": "9"}
    """

    code = "E8515"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for each in ranges_of(subject, training):
                yield from _bounds(each)


def _bounds(each: Range) -> Iterator[Match]:
    wanted = "an integer" if each.kind is RangeKind.INTEGER else "a number"
    for member, text in zip(("MinValue", "MaxValue"), each.bounds, strict=True):
        if text is not None and as_number(each.kind, text) is None:
            yield Match(
                f"{each.pointer}/{member}",
                f"'{shown(text)}' is not {wanted}, as bounds of {each.kind} ranges are; change it",
            )
    if each.low is not None and each.high is not None and each.low > each.high:
        yield Match(
            each.pointer,
            f"MinValue {each.low:g} is above MaxValue {each.high:g}; exchange them",
        )
