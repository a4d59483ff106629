from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._local_paths import around, input_folders
from pipelines.rules._locations import PROCESSING
from pipelines.rules._subject import Subject

# Where the SDK's own processors put the code that runs, below the folder that most scripts read their data from.
_OF_THE_SDK = ("/opt/ml/processing/input/code", "/opt/ml/processing/input/entrypoint")


class NestedInputs(Rule):
    """A processing input's folder lies in the folder of another input.

    A script that reads all files of the outer folder reads the inner input's files as well.

    Wrong:
        [{"InputName": "data", "S3Input": {"LocalPath": "/opt/ml/processing/data", ...}},
         {"InputName": "model", "S3Input": {"LocalPath": "/opt/ml/processing/data/model", ...}}]

    Right:
        [{"InputName": "data", "S3Input": {"LocalPath": "/opt/ml/processing/data", ...}},
         {"InputName": "model", "S3Input": {"LocalPath": "/opt/ml/processing/model", ...}}]
    """

    code = "I2018"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type not in PROCESSING:
                continue
            folders = input_folders(subject, step)
            by_path = {folder.path: folder for folder in folders}
            for inner in folders:
                outer = next(
                    (by_path[path] for path in around(inner.path) if path in by_path), None
                )
                if outer is not None and inner.path not in _OF_THE_SDK:
                    yield Match(
                        inner.pointer,
                        f"'{inner.path}' lies in the folder of input '{outer.name}' ('{outer.path}'), "
                        "whose reader sees these files too",
                    )
