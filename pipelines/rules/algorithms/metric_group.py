from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._metrics import groups, regexes_of


class MetricGroup(Rule):
    """The Regex of a metric has no group for the value.

    The metric's value is what the first group in parentheses matches; without one there is none to take.

    Wrong:
        {"Name": "validation:rmse", "Regex": "rmse=[0-9.]+"}

    Right:
        {"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}
    """

    code = "W8032"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for pointer, regex in regexes_of(subject, training):
                if groups(regex) == 0:
                    yield Match(
                        pointer,
                        f"'{shown(regex)}' has no group in parentheses; put them around the number",
                    )
