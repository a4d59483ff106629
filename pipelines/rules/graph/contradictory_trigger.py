from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import COMPLETED, ordered, waits

_UNSUCCESSFUL = ("Failed", "Stopped")


class ContradictoryTrigger(Rule):
    """A step waits for another to fail, and for something that needs the other's success.

    Both never happen in one execution, so that the step never runs. A step that runs after a failure can take
    nothing from the step that failed, nor from those behind it.

    Wrong:
        {"Name": "Report", "DependsOn": [{"Step": "Train", "Trigger": "Failed"}], "Arguments": {"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}}

    Right:
        {"Name": "Report", "DependsOn": [{"Step": "Train", "Trigger": "Failed"}], "Arguments": {"execution": {"Get": "Execution.PipelineExecutionArn"}}}
    """

    code = "E4014"

    def check(self, subject: Subject) -> Iterator[Match]:
        steps = subject.definition.steps
        if not any(each.trigger in _UNSUCCESSFUL for step in steps for each in step.depends_on):
            return
        bits = {name: 1 << index for index, name in enumerate(subject.upstream)}
        succeeded = _succeeded(subject, bits)
        for name, before in succeeded.items():
            for wait in waits(subject, subject.steps[name]):
                if wait.trigger in _UNSUCCESSFUL and before & bits[wait.step]:
                    yield Match(
                        wait.pointer,
                        f"'{name}' waits for '{wait.step}' to end as {wait.trigger}, but also needs its success, by a "
                        "reference or through another step: it never runs. Remove one of the two",
                    )


def _succeeded(subject: Subject, bits: Mapping[str, int]) -> Mapping[str, int]:
    """Step -> the steps, as bits, that have succeeded when it runs."""
    found: dict[str, int] = {}
    for name in ordered(subject):
        step = subject.steps[name]
        found[name] = 0
        for wait in waits(subject, step):
            if wait.trigger == COMPLETED:
                found[name] |= bits[wait.step] | found.get(wait.step, 0)
        if step.branch:
            found[name] |= found.get(step.branch.condition, 0)
    return found
