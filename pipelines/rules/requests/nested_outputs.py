from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._local_paths import around, input_folders, output_folders
from pipelines.rules._locations import PROCESSING
from pipelines.rules._subject import Subject


class NestedOutputs(Rule):
    """A processing output's folder holds the folder of another output, or of an input.

    Everything below an output's LocalPath is uploaded: the inner output's files go up twice, and an input's files are
    copied back to S3.

    Wrong:
        [{"OutputName": "all", "S3Output": {"LocalPath": "/opt/ml/processing/output", ...}},
         {"OutputName": "train", "S3Output": {"LocalPath": "/opt/ml/processing/output/train", ...}}]

    Right:
        [{"OutputName": "report", "S3Output": {"LocalPath": "/opt/ml/processing/output/report", ...}},
         {"OutputName": "train", "S3Output": {"LocalPath": "/opt/ml/processing/output/train", ...}}]
    """

    code = "W2017"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type in PROCESSING:
                yield from _nested(subject, step)


def _nested(subject: Subject, step: StepDefinition) -> Iterator[Match]:
    outputs = output_folders(subject, step)
    by_path = {folder.path: folder for folder in outputs}
    told: set[str] = set()
    for inner in (*outputs, *input_folders(subject, step)):
        folders = (
            around(inner.path) if inner.kind == "output" else (inner.path, *around(inner.path))
        )
        outer = next((by_path[path] for path in folders if path in by_path), None)
        if outer is not None and outer.pointer not in told:
            told.add(outer.pointer)
            yield Match(
                outer.pointer,
                f"'{outer.path}' holds the folder '{inner.path}' of {inner.kind} '{inner.name}', whose files are "
                f"uploaded with output '{outer.name}' too; give each a folder beside the other",
            )
