from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.graph import CycleError, sort_steps
from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject


class Cycle(ProblemRule):
    """Steps wait for each other in a circle.

    A step waits for every step that it refers to or names in DependsOn, and for the condition that it is a branch of.
    CreatePipeline refuses a circle, also of one step that waits for itself.

    Wrong:
        Train depends on Evaluate, and Evaluate reads Steps.Train.ModelArtifacts

    Right:
        Evaluate reads Steps.Train.ModelArtifacts, and Train depends on nothing of it
    """

    code = "E4001"
    kinds = ("cycle",)

    def check(self, subject: Subject) -> Iterator[Match]:
        for match in super().check(subject):
            yield Match(_place(subject, match.pointer), match.message)


def _place(subject: Subject, pointer: str) -> str:
    """The first step of a circle; where a circle lies in the body of a ForEach, the body."""
    try:
        sort_steps(subject.upstream)
    except CycleError as error:
        return subject.steps[error.steps[0]].pointer
    return pointer
