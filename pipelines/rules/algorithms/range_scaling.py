from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import Range, RangeKind, ranges_of


class RangeScaling(Rule):
    """A range has values that its scaling cannot place.

    Logarithmic scaling is for values above 0; ReverseLogarithmic for continuous ranges in 0 <= x < 1. The service
    refuses the tuning job, when the step starts.

    Wrong:
        {"Name": "alpha", "MinValue": "0", "MaxValue": "10", "ScalingType": "Logarithmic"}

    Right:
        {"Name": "alpha", "MinValue": "0.001", "MaxValue": "10", "ScalingType": "Logarithmic"}
    """

    code = "E8516"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for each in ranges_of(subject, training):
                problem = _problem(each)
                if problem:
                    text = f"the range of '{shown(each.name or '')}' {problem}, or take another ScalingType"
                    yield Match(each.pointer, text)


def _problem(each: Range) -> str | None:
    if each.scaling == "Logarithmic" and each.low is not None and each.low <= 0:
        return f"is Logarithmic and starts at {each.low:g}; start it above 0"
    if each.scaling != "ReverseLogarithmic":
        return None
    if each.kind is RangeKind.INTEGER:
        return "is ReverseLogarithmic and of integers; make it continuous"
    for bound in (each.low, each.high):
        if bound is not None and not 0 <= bound < 1:
            return f"is ReverseLogarithmic and has the bound {bound:g}; keep it in 0 <= x < 1"
    return None
