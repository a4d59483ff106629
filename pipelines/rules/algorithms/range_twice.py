from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import ranges_of


class RangeTwice(Rule):
    """A hyperparameter has two ranges.

    The service refuses the tuning job, when the step starts.

    Wrong:
        {"IntegerParameterRanges": [{"Name": "max_depth"}], "CategoricalParameterRanges": [{"Name": "max_depth"}]}

    Right:
        {"IntegerParameterRanges": [{"Name": "max_depth"}]}
    """

    code = "E8519"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            seen: set[str] = set()
            for each in ranges_of(subject, training):
                if each.name in seen:
                    yield Match(
                        f"{each.pointer}/Name",
                        f"'{shown(each.name or '')}' has a range before; allowed is one: take this one out",
                    )
                if each.name is not None:
                    seen.add(each.name)
