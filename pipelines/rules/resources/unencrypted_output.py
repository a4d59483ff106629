from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Shapes of the objects that say where a job's output goes, and with which key.
_OUTPUTS = (
    "ProcessingOutputConfig",
    "OutputDataConfig",
    "TransformOutput",
    "AutoMLOutputDataConfig",
)


class UnencryptedOutput(Rule):
    """Some outputs are encrypted with a key of yours and others are not.

    Without KmsKeyId the bucket's own encryption applies. When some jobs name a key, one without it was usually
    forgotten.

    Wrong:
        [{"OutputDataConfig": {"S3OutputPath": "s3://bucket/a", "KmsKeyId": "alias/ml"}},
         {"OutputDataConfig": {"S3OutputPath": "s3://bucket/b"}}]

    Right:
        [{"OutputDataConfig": {"S3OutputPath": "s3://bucket/a", "KmsKeyId": "alias/ml"}},
         {"OutputDataConfig": {"S3OutputPath": "s3://bucket/b", "KmsKeyId": "alias/ml"}}]
    """

    code = "W9024"

    def check(self, subject: Subject) -> Iterator[Match]:
        outputs = [
            member
            for member in subject.members
            if member.shape in _OUTPUTS and isinstance(member.value, dict)
        ]
        encrypted = next((member for member in outputs if member.value.get("KmsKeyId")), None)
        if encrypted is None:
            return
        for member in outputs:
            # An empty list of outputs writes nothing.
            if member.value.get("KmsKeyId") is None and member.value.get("Outputs") != []:
                yield Match(
                    member.pointer,
                    f"has no 'KmsKeyId', while step '{encrypted.step.name}' encrypts its output with one",
                )
