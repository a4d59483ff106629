from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class SpotWithoutCheckpoint(Rule):
    """A managed spot job keeps no checkpoints.

    When its instance is taken away it starts again from nothing, and what was trained is lost.

    Wrong:
        {"EnableManagedSpotTraining": true}

    Right:
        {"EnableManagedSpotTraining": true, "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"}}
    """

    code = "W8042"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            spot = subject.value(training.request.get("EnableManagedSpotTraining"))
            if spot is True and training.request.get("CheckpointConfig") is None:
                yield Match(
                    f"{training.pointer}/EnableManagedSpotTraining",
                    "an interrupted spot job without CheckpointConfig starts again from nothing; give it an "
                    "S3Uri for checkpoints",
                )
