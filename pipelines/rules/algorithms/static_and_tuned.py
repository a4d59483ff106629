from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.expressions import escape
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._ranges import ranges_of


class StaticAndTuned(Rule):
    """A hyperparameter is static and has a range.

    The service refuses the tuning job, when the step starts.

    Wrong:
        {"StaticHyperParameters": {"eta": "0.1"}, "ContinuousParameterRanges": [{"Name": "eta"}]}

    Right:
        {"StaticHyperParameters": {}, "ContinuousParameterRanges": [{"Name": "eta"}]}
    """

    code = "E8510"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            static = training.hyperparameters
            for name in dict.fromkeys(each.name for each in ranges_of(subject, training)):
                if name is not None and name in static:
                    yield Match(
                        f"{training.pointer}/StaticHyperParameters/{escape(name)}",
                        f"'{shown(name)}' is static and has a range; leave out one of them",
                    )
