from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import PROCESSING, inputs, outputs
from pipelines.rules._subject import Subject

_ROOT = "/opt/ml/processing"


class LocalPath(Rule):
    """The LocalPath of a processing input or output is missing, or not below /opt/ml/processing.

    CreateProcessingJob refuses it when the step starts. Only inputs and outputs with `AppManaged: true`, which the
    job's own program moves, need no LocalPath.

    Wrong:
        {"InputName": "data", "S3Input": {"S3Uri": "s3://bucket/data", "LocalPath": "/opt/ml/input/data", ...}}

    Right:
        {"InputName": "data", "S3Input": {"S3Uri": "s3://bucket/data", "LocalPath": "/opt/ml/processing/data", ...}}
    """

    code = "E2014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type in PROCESSING:
                for pointer, entry, source in inputs(step):
                    yield from _refusals(subject, f"{pointer}/S3Input", entry, source)
                for pointer, entry, target in outputs(step):
                    yield from _refusals(subject, f"{pointer}/S3Output", entry, target)


def _refusals(
    subject: Subject, pointer: str, entry: Mapping[str, Any], place: Mapping[str, Any]
) -> Iterator[Match]:
    written = place.get("LocalPath")
    if written is None:
        if entry.get("AppManaged", False) is False:
            yield Match(pointer, f"'LocalPath' is missing; give a folder below {_ROOT}/")
        return
    path = subject.rendered(written)
    if not path or path.startswith("{"):
        return  # empty texts are E2011's
    if not path.startswith(f"{_ROOT}/") or ".." in path.split("/"):
        yield Match(f"{pointer}/LocalPath", f"'{path}' must begin with {_ROOT}/")
