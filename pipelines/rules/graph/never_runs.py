from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import COMPLETED, Branches, waits


class NeverRuns(Rule):
    """A step needs steps of both branches of a condition, so that it can never run.

    A step waits for all it depends on, and only one branch is taken. The execution succeeds without the step
    (aws/sagemaker-python-sdk#3565).

    Wrong:
        {"Name": "Report", "DependsOn": ["Register", "SendAlarm"]} where these stand in IfSteps and ElseSteps

    Right:
        {"Name": "Report", "DependsOn": ["Evaluate"]}, or a report step in each branch
    """

    code = "E4010"

    def check(self, subject: Subject) -> Iterator[Match]:
        branches = subject.once(Branches)
        dead = {
            name: condition
            for name, needed in branches.needed.items()
            if (condition := branches.contradiction(needed))
        }
        for name, condition in dead.items():
            step = subject.steps[name]
            before = {each.step for each in waits(subject, step) if each.trigger == COMPLETED}
            inherited = step.branch is not None and step.branch.condition in dead
            # What waits for a step that never runs is no mistake of its own.
            if not inherited and not before & set(dead):
                yield Match(step.pointer, _message(branches, step, sorted(before), condition))


def _message(branches: Branches, step: StepDefinition, before: list[str], condition: str) -> str:
    own = {each.side for each in branches.listed(branches.of(step)) if each.condition == condition}
    parts = [f"stands in {side} of it" for side in sorted(own)]
    for name in before:
        sides = {
            each.side
            for each in branches.listed(branches.needed[name])
            if each.condition == condition
        }
        parts += [f"needs '{name}' from {side}" for side in sorted(sides - own)]
    return (
        f"'{step.name}' can never run, because only one branch of '{condition}' is taken: it {' and '.join(parts)}. "
        "Depend on what runs before the condition, or put such a step into each branch"
    )
