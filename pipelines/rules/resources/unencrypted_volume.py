from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Shapes of the objects that say which instances a job runs on, and with which key their volumes are encrypted.
_RESOURCES = ("ProcessingClusterConfig", "ResourceConfig", "TransformResources")


class UnencryptedVolume(Rule):
    """Some volumes are encrypted with a key of yours and others are not.

    Without VolumeKmsKeyId a volume is encrypted with a key of the service. When some jobs name a key, one without it
    was usually forgotten.

    Wrong:
        [{"ResourceConfig": {"VolumeKmsKeyId": "alias/ml", ...}}, {"ResourceConfig": {"InstanceCount": 1, ...}}]

    Right:
        [{"ResourceConfig": {"VolumeKmsKeyId": "alias/ml", ...}}, {"ResourceConfig": {"VolumeKmsKeyId": "alias/ml", ...}}]
    """

    code = "W9027"

    def check(self, subject: Subject) -> Iterator[Match]:
        found = [
            member
            for member in subject.members
            if member.shape in _RESOURCES and isinstance(member.value, dict)
        ]
        encrypted = next((each for each in found if each.value.get("VolumeKmsKeyId")), None)
        if encrypted is None:
            return
        for member in found:
            if member.value.get("VolumeKmsKeyId") is None:
                yield Match(
                    member.pointer,
                    f"has no 'VolumeKmsKeyId', while step '{encrypted.step.name}' encrypts its volumes with one",
                )
