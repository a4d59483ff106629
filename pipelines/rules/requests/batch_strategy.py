from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject


class BatchStrategy(Rule):
    """A transform job has a BatchStrategy but does not split its input.

    Without a SplitType every file is one request: nothing is batched, and a file larger than MaxPayloadInMB fails the
    job.

    Wrong:
        {"BatchStrategy": "MultiRecord", "TransformInput": {"ContentType": "text/csv", ...}, ...}

    Right:
        {"BatchStrategy": "MultiRecord", "TransformInput": {"ContentType": "text/csv", "SplitType": "Line", ...}, ...}
    """

    code = "W2031"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type != "Transform" or step.arguments.get("BatchStrategy") is None:
                continue
            source = mapping_at(step.arguments, "TransformInput")
            if subject.value(source.get("SplitType", "None")) == "None":
                yield Match(
                    f"{step.pointer}/Arguments/BatchStrategy",
                    "has no effect while 'SplitType' of TransformInput is None; set it to Line, RecordIO or TFRecord",
                )
