from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._local_paths import LocalFolder, input_folders, output_folders
from pipelines.rules._locations import PROCESSING
from pipelines.rules._subject import Subject


class SameLocalPath(Rule):
    """Two inputs, or two outputs, of a processing job have the same LocalPath.

    The files of both inputs lie mixed in one folder, and of two with the same name one is lost. Two outputs upload the
    same files twice.

    Wrong:
        [{"InputName": "a", "S3Input": {"LocalPath": "/opt/ml/processing/in", ...}},
         {"InputName": "b", "S3Input": {"LocalPath": "/opt/ml/processing/in", ...}}]

    Right:
        [{"InputName": "a", "S3Input": {"LocalPath": "/opt/ml/processing/a", ...}},
         {"InputName": "b", "S3Input": {"LocalPath": "/opt/ml/processing/b", ...}}]
    """

    code = "W2016"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type in PROCESSING:
                yield from _twins(input_folders(subject, step))
                yield from _twins(output_folders(subject, step))


def _twins(folders: list[LocalFolder]) -> Iterator[Match]:
    first: dict[str, LocalFolder] = {}
    for folder in folders:
        other = first.setdefault(folder.path, folder)
        if other is not folder:
            yield Match(
                folder.pointer,
                f"{folder.kind} '{other.name}' has the same LocalPath '{folder.path}'; give each its own folder",
            )
