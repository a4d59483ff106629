from __future__ import annotations

import json
from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import Branches

# Steps that cost machines; calls and messages may well be meant twice.
_JOBS = ("Processing", "Training", "Tuning", "Transform")


class SameWork(Rule):
    """A step in a branch makes the same job, request for request, as a step outside of the branch.

    A step composed once for the branch and once for the list of the pipeline runs and costs twice. Let the step
    outside do the work, and refer to its outputs. (Equal jobs side by side may be meant, to see how results vary.)

    Wrong:
        {"Name": "Evaluate", "Arguments": {...}} beside the condition, {"Name": "EvaluateAgain", "Arguments": {the same}} in a branch

    Right:
        {"Name": "Evaluate", "Arguments": {...}} beside the condition only; the branch refers to Steps.Evaluate
    """

    code = "W4012"

    def check(self, subject: Subject) -> Iterator[Match]:
        branches = subject.once(Branches)
        jobs = [step for step in subject.definition.steps if step.type in _JOBS and step.arguments]
        outside = {(step.type, _text(step)): step for step in jobs if not step.branch}
        for step in jobs:
            other = outside.get((step.type, _text(step))) if step.branch else None
            if other is None or other.name == step.name:
                continue
            both = branches.needed.get(step.name, 0) | branches.needed.get(other.name, 0)
            if not branches.contradiction(both):
                yield Match(
                    step.pointer,
                    f"'{step.name}' makes the very job that '{other.name}' ({other.pointer}) makes, and both are "
                    f"paid. Refer to the outputs of '{other.name}' instead",
                )


def _text(step: StepDefinition) -> str:
    try:
        return json.dumps(step.arguments, sort_keys=True)
    except RecursionError:
        return step.pointer
