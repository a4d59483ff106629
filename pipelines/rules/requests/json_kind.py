from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject

_QUOTED = (
    "NUMBER_VALUE can not be converted to a String.",
    "BOOLEAN_VALUE can not be converted to a String.",
)


class JsonKind(ProblemRule):
    """A literal in the Arguments has the wrong JSON kind: a number where the API takes a string, a string where it takes a list.

    CreatePipeline refuses it: "Expecting start of Json Object.", "Model Validation failed". Hyperparameters,
    environment values and tuning ranges are strings at the API, numbers too.

    Wrong:
        {"HyperParameters": {"eta": 0.1}}

    Right:
        {"HyperParameters": {"eta": "0.1"}}
    """

    code = "E2003"
    kinds = ("json-kind",)

    def check(self, subject: Subject) -> Iterator[Match]:
        for match in super().check(subject):
            hint = " Put it in quotes." if match.message.endswith(_QUOTED) else ""
            yield Match(match.pointer, match.message + hint)
