from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import COMPLETED, Branches, ordered, waits


class AlwaysFails(Rule):
    """A Fail step stands outside of every branch, so that every execution fails.

    A Fail step ends the execution when it is reached. It belongs into a branch of a condition, or behind a trigger
    such as Failed.

    Wrong:
        {"Steps": [{"Name": "CheckQuality", "Type": "Condition", ...}, {"Name": "QualityTooLow", "Type": "Fail", ...}]}

    Right:
        {"Name": "CheckQuality", "Type": "Condition", "Arguments": {"ElseSteps": [{"Name": "QualityTooLow", "Type": "Fail", ...}]}}
    """

    code = "E4015"

    def check(self, subject: Subject) -> Iterator[Match]:
        # A pipeline of nothing else is meant to fail: a place for one to come.
        if all(step.type == "Fail" for step in subject.definition.steps):
            return
        branches = subject.once(Branches)
        triggered: set[str] = set()
        for name in ordered(subject):
            step = subject.steps[name]
            before = list(waits(subject, step))
            if any(each.trigger != COMPLETED or each.step in triggered for each in before):
                triggered.add(name)
            elif step.type == "Fail" and not branches.needed[name]:
                yield Match(
                    step.pointer,
                    f"'{name}' stands in no branch, so that every execution that comes to it fails. Move it into "
                    "IfSteps or ElseSteps of a condition",
                )
