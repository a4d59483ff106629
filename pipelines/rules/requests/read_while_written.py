from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import Location, reads, writes
from pipelines.rules._subject import Subject

# Of many writers of one place, so many are looked at.
_COMPARED = 20


class ReadWhileWritten(Rule):
    """A step reads a location that another step writes, and nothing says which comes first.

    Both start as soon as they can, so the reader finds nothing, or half of it, or what the last execution left. Take
    the location from the writer's properties, which makes the order, or name the writer in DependsOn.

    Wrong:
        {"S3Uri": "s3://bucket/prepared/train"}

    Right:
        {"S3Uri": {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}}
    """

    code = "W2021"

    def check(self, subject: Subject) -> Iterator[Match]:
        written: dict[str, list[Location]] = {}
        inside: dict[str, list[Location]] = {}
        for location in writes(subject):
            written.setdefault(location.text, []).append(location)
            for folder in _around(location.text):
                inside.setdefault(folder, []).append(location)
        for location in reads(subject):
            places = (location.text, *_around(location.text))
            candidates = [
                *(
                    each
                    for place in places
                    for each in islice(written.get(place, ()), _COMPARED)
                    # Below the path of a training job is a job's own folder: which job's, the text may tell.
                    if each.shared or place == location.text
                ),
                *islice(inside.get(location.text, ()), _COMPARED),
            ]
            for other in candidates:
                if subject.order.may_meet(other.step, location.step):
                    yield _match(location, other)
                    break


def _around(text: str) -> Iterator[str]:
    """The folders that a location lies in, but not the bucket."""
    while text.count("/") > 3:
        text = text.rpartition("/")[0]
        yield text


def _match(location: Location, other: Location) -> Match:
    return Match(
        location.pointer,
        f"'{location.text}' is read while step '{other.step.name}' may be writing '{other.text}'; refer to that step's "
        f'output, or put "{other.step.name}" into DependsOn',
    )
