from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import PROCESSING, inputs
from pipelines.rules._subject import Subject


class GzipInput(Rule):
    """A processing input wants its data unpacked without being a pipe.

    `S3CompressionType: Gzip` is for S3InputMode Pipe only; files are copied as they are.

    Wrong:
        {"S3InputMode": "File", "S3CompressionType": "Gzip", ...}

    Right:
        {"S3InputMode": "Pipe", "S3CompressionType": "Gzip", ...}
    """

    code = "E2028"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for pointer, _, source in inputs(step) if step.type in PROCESSING else ():
                if subject.value(source.get("S3CompressionType")) == "Gzip" and (
                    subject.value(source.get("S3InputMode", "File")) == "File"
                ):
                    yield Match(
                        f"{pointer}/S3Input/S3CompressionType",
                        "Gzip goes with S3InputMode Pipe only; unpack the files in the script, or use Pipe",
                    )
