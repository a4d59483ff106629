from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import ranges_of
from pipelines.rules.algorithms._tuning import tunings


class GridRanges(Rule):
    """A grid search has a range of numbers.

    It goes through every combination of listed values, so it takes categorical ranges only: the service refuses
    the tuning job, when the step starts.

    Wrong:
        {"Strategy": "Grid", "ParameterRanges": {"IntegerParameterRanges":
            [{"Name": "max_depth", "MinValue": "4", "MaxValue": "6"}]}}

    Right:
        {"Strategy": "Grid", "ParameterRanges": {"CategoricalParameterRanges":
            [{"Name": "max_depth", "Values": ["4", "5", "6"]}]}}
    """

    code = "E8541"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            if tuning.strategy != "Grid":
                continue
            for training in tuning.definitions:
                for each in ranges_of(subject, training):
                    if each.is_numeric:
                        yield Match(
                            each.pointer,
                            f"the range of '{shown(each.name or '')}' is {each.kind}, but Grid takes "
                            "categorical ones only; list its values in CategoricalParameterRanges",
                        )
