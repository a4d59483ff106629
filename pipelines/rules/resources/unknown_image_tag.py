from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.check import near
from pipelines.definition.registries import REPOSITORIES
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import ecr_images, of_aws
from pipelines.rules._subject import Subject


class UnknownImageTag(Rule):
    """The tag of one of AWS's images is none that is known.

    Versions are not free: an image that does not exist cannot be pulled. It is a warning because new versions appear
    without a release of this project.

    Wrong:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0.5"}

    Right:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"}
    """

    code = "W9007"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, _, image in ecr_images(subject):
            if not of_aws(image) or image.tag in ("", "latest") or "arm64" in image.tag:
                continue
            tags = REPOSITORIES[image.repository].tags
            if image.tag not in tags and "{" not in image.tag:
                yield Match(
                    member.pointer,
                    f"'{image.tag}' is no known version of {image.repository}{near(image.tag, tags)}",
                )
