from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.algorithms._base import Kind
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, specified
from pipelines.rules.algorithms._ranges import RangeKind, ranges_of


class RangeType(Rule):
    """A hyperparameter of a built-in algorithm is tuned over a range of the wrong type.

    An integer has no continuous range, and a switch or a choice no numbers. The service refuses the tuning job,
    or the algorithm every value.

    Wrong:
        {"ContinuousParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "9"}]}

    Right:
        {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "9"}]}
    """

    code = "E8513"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for each in ranges_of(subject, job.training):
                known = specified(job.algorithm, each.name) if each.name else None
                if known is None or not known.tunable or not each.is_numeric:
                    continue
                if known.kind is Kind.INTEGER and each.kind is RangeKind.CONTINUOUS:
                    wanted = "IntegerParameterRanges"
                elif known.kind in (Kind.BOOLEAN, Kind.CHOICE):
                    wanted = "CategoricalParameterRanges"
                else:
                    continue
                yield Match(
                    each.pointer,
                    f"the range of {known.name} is {each.kind}, but it takes {known.allowed}; "
                    f"move it to {wanted}",
                )
