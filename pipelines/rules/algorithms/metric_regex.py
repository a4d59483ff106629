from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._metrics import groups, regexes_of


class MetricRegex(Rule):
    """The Regex of a metric is no regular expression.

    Nothing can be found in the log with it, so the metric has no value.

    Wrong:
        {"Name": "validation:rmse", "Regex": "rmse=([0-9.]+"}

    Right:
        {"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}
    """

    code = "E8031"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for pointer, regex in regexes_of(subject, training):
                found = groups(regex)
                if isinstance(found, str):
                    yield Match(
                        pointer,
                        f"'{shown(regex)}' is no regular expression: {found}; put a \\ before each character "
                        "that stands for itself, and close every bracket",
                    )
