from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import Range, ranges_of


class RangeOfOne(Rule):
    """A range has a single value.

    There is nothing to tune. As a static hyperparameter it says so, and the strategy has one dimension less.

    Wrong:
        {"Name": "max_depth", "MinValue": "6", "MaxValue": "6"}

    Right:
        {"StaticHyperParameters": {"max_depth": "6"}}
    """

    code = "I8517"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for each in ranges_of(subject, training):
                value = _only_value(each)
                if value is not None:
                    yield Match(
                        each.pointer,
                        f"the range of '{shown(each.name or '')}' has the single value {shown(value)}; "
                        "make it a static hyperparameter",
                    )


def _only_value(each: Range) -> str | None:
    if each.is_numeric and each.low is not None and each.low == each.high:
        return f"{each.low:g}"
    return each.values[0] if len(each.values) == 1 else None
