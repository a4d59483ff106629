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
    """Two steps make the same job, request for request.

    A step object that was renamed, or composed twice for a branch and the list of the pipeline, runs and costs twice.
    Let one step do the work and refer to its outputs.

    Wrong:
        {"Name": "Evaluate", "Arguments": {...}} beside the condition, {"Name": "EvaluateAgain", "Arguments": {the same}} in a branch

    Right:
        {"Name": "Evaluate", "Arguments": {...}} beside the condition only; the branch refers to Steps.Evaluate
    """

    code = "W4012"

    def check(self, subject: Subject) -> Iterator[Match]:
        branches = Branches(subject)
        first: dict[tuple[str, str], StepDefinition] = {}
        for step in subject.definition.steps:
            if step.type not in _JOBS or not step.arguments:
                continue
            other = first.setdefault((step.type, _text(step)), step)
            both = branches.needed.get(step.name, 0) | branches.needed.get(other.name, 0)
            if other.name != step.name and not branches.contradiction(both):
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
