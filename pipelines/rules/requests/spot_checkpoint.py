from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class SpotCheckpoint(Rule):
    """A job with managed spot training has no CheckpointConfig.

    When the instance is taken away the job starts from the beginning, and the time until then was paid for nothing.

    Wrong:
        {"EnableManagedSpotTraining": true, ...}

    Right:
        {"EnableManagedSpotTraining": true, "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"}, ...}
    """

    code = "W2026"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            spot = subject.value(training.request.get("EnableManagedSpotTraining"))
            if spot is True and training.request.get("CheckpointConfig") is None:
                yield Match(
                    training.pointer,
                    "managed spot training without 'CheckpointConfig': an interrupted job starts from the beginning",
                )
