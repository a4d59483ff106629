from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import writes
from pipelines.rules._subject import Subject


class SameIterationOutput(Rule):
    """A step that a ForEach repeats writes every repetition to the same S3 location.

    The repetitions run at the same time and overwrite each other's files. The location needs something that differs:
    the item, or the name of the job.

    Wrong:
        {"S3Uri": "s3://bucket/scores"}

    Right:
        {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket/scores", {"Get": "ForEach.CurrentItem"}]}}}
    """

    code = "W2020"

    def check(self, subject: Subject) -> Iterator[Match]:
        repeated = {
            inner.pointer: step
            for step in subject.definition.steps
            for inner in step.body
            if not _once(step)
        }
        for location in writes(subject):
            loop = repeated.get(location.step.pointer)
            if loop is None or not location.shared:
                continue
            if not any(part in location.text for part in _differing(loop)):
                yield Match(
                    location.pointer,
                    f"every repetition of '{loop.name}' writes to '{location.text}'; "
                    'join {"Get": "ForEach.CurrentItem"} to it',
                )


def _once(step: StepDefinition) -> bool:
    items = step.arguments.get("IterableItems")
    return isinstance(items, list) and len(items) < 2


def _differing(loop: StepDefinition) -> tuple[str, ...]:
    """Parts of a rendered text that are another one in each repetition."""
    return ("{ForEach.", "JobName}", *(f"{{Steps.{inner.name}." for inner in loop.body))
