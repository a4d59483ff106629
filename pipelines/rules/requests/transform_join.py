from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import UNKNOWN, Subject


class TransformJoin(Rule):
    """A transform job joins its input to the output while both have different formats.

    With JoinSource Input the output's Accept must equal the input's ContentType, and AssembleWith must equal SplitType.

    Wrong:
        {"DataProcessing": {"JoinSource": "Input"}, "TransformInput": {"SplitType": "Line", ...}, "TransformOutput": {...}}

    Right:
        {"DataProcessing": {"JoinSource": "Input"}, "TransformInput": {"SplitType": "Line", ...},
         "TransformOutput": {"AssembleWith": "Line", ...}}
    """

    code = "E2030"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type == "Transform":
                processing = mapping_at(step.arguments, "DataProcessing")
                if subject.value(processing.get("JoinSource")) == "Input":
                    yield from _different(subject, step)


def _different(subject: Subject, step: StepDefinition) -> Iterator[Match]:
    source = mapping_at(step.arguments, "TransformInput")
    target = mapping_at(step.arguments, "TransformOutput")
    for taken, given, default in (
        ("ContentType", "Accept", None),
        ("SplitType", "AssembleWith", "None"),
    ):
        one = subject.value(source.get(taken, default))
        other = subject.value(target.get(given, default))
        if one is not UNKNOWN and other is not UNKNOWN and one != other:
            yield Match(
                f"{step.pointer}/Arguments/TransformOutput",
                f"JoinSource Input needs '{given}' ({other}) to equal '{taken}' of TransformInput ({one})",
            )
