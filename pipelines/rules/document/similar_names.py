from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class SimilarNames(Rule):
    """Two parameters have names that differ only in upper and lower case.

    A start that gives one of them when the other is meant runs with a default, and nobody notices.

    Wrong:
        [{"Name": "Seed", "Type": "Integer"}, {"Name": "seed", "Type": "Integer"}]

    Right:
        [{"Name": "SplitSeed", "Type": "Integer"}, {"Name": "TrainingSeed", "Type": "Integer"}]
    """

    code = "W1018"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: dict[str, str] = {}
        for index, parameter in enumerate(subject.definition.parameters):
            other = first.setdefault(parameter.name.casefold(), parameter.name)
            if other != parameter.name:
                yield Match(
                    f"/Parameters/{index}/Name",
                    f"'{parameter.name}' and '{other}' differ only in case, so that a start easily gives the wrong "
                    "one; rename one of them",
                )
