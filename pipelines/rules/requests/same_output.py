from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import Location, writes
from pipelines.rules._subject import Subject

# Of many outputs in one place, so many are looked at to find one that is not in another branch.
_COMPARED = 20


class SameOutput(Rule):
    """Two outputs are written to the same S3 location.

    Files with the same name overwrite each other, and whoever reads the location gets both. Training jobs are no such
    case: the service writes below the job's name. Neither are steps in different branches of a condition.

    Wrong:
        [{"OutputName": "train", "S3Output": {"S3Uri": "s3://bucket/prepared", ...}},
         {"OutputName": "test", "S3Output": {"S3Uri": "s3://bucket/prepared", ...}}]

    Right:
        [{"OutputName": "train", "S3Output": {"S3Uri": "s3://bucket/prepared/train", ...}},
         {"OutputName": "test", "S3Output": {"S3Uri": "s3://bucket/prepared/test", ...}}]
    """

    code = "W2019"

    def check(self, subject: Subject) -> Iterator[Match]:
        places: dict[str, list[Location]] = {}
        for location in writes(subject):
            if not location.shared:
                continue
            earlier = places.setdefault(location.text, [])
            other = next(
                (
                    each
                    for each in islice(earlier, _COMPARED)
                    if not subject.order.exclusive(each.step, location.step)
                ),
                None,
            )
            if other is not None:
                yield Match(
                    location.pointer,
                    f"'{location.text}' is also where {_who(other, location)} writes ({other.pointer}); "
                    "give each output a folder of its own",
                )
            earlier.append(location)


def _who(other: Location, location: Location) -> str:
    if other.step is location.step:
        return "another output of the step"
    return f"step '{other.step.name}'"
