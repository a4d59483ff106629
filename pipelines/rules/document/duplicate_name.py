from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject


class DuplicateName(ProblemRule):
    """Two steps or two parameters have the same name.

    Names are unique in the whole definition, also between the branches of a condition and the bodies of ForEach steps.

    Wrong:
        [{"Name": "Train", ...}, {"Name": "Train", ...}]

    Right:
        [{"Name": "TrainLinear", ...}, {"Name": "TrainXGBoost", ...}]
    """

    code = "E1003"
    kinds = ("duplicate",)

    def check(self, subject: Subject) -> Iterator[Match]:
        yield from (match for match in super().check(subject) if match.pointer != "/Parameters")
        first: dict[str, int] = {}
        for index, parameter in enumerate(subject.definition.parameters):
            other = first.setdefault(parameter.name, index)
            if other != index and parameter.name:
                yield Match(
                    f"/Parameters/{index}/Name",
                    f"parameter '{parameter.name}' is declared already, at /Parameters/{other}; names must be unique: "
                    "remove one, or rename it",
                )
