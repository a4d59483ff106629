from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import COMPLETED


class RedundantDependency(Rule):
    """DependsOn names a step twice, or one that the step refers to anyway.

    A reference makes its step wait; DependsOn is for order without data. The pipeline runs the same without it.

    Wrong:
        {"Name": "Train", "DependsOn": ["Prepare"], "Arguments": {"...": {"Get": "Steps.Prepare.ProcessingOutputConfig..."}}}

    Right:
        {"Name": "Train", "Arguments": {"...": {"Get": "Steps.Prepare.ProcessingOutputConfig..."}}}
    """

    code = "I4013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.definition.steps:
            if len(step.depends_on) > 0:
                taken = subject.step_references[step.pointer]
                yield from _redundant(step, {reference.step for _, reference in taken})


def _redundant(step: StepDefinition, taken: set[str]) -> Iterator[Match]:
    named: set[str] = set()
    for index, dependency in enumerate(step.depends_on):
        where = f"{step.pointer}/DependsOn/{index}"
        if dependency.trigger != COMPLETED:
            continue
        if dependency.step in named:
            yield Match(where, f"'{dependency.step}' is named twice; remove one of them")
        elif dependency.step in taken:
            yield Match(
                where,
                f"'{step.name}' refers to '{dependency.step}' and waits for it anyway; this entry can be removed",
            )
        named.add(dependency.step)
