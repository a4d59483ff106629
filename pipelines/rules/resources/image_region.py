from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import ecr_images, of_aws
from pipelines.rules._subject import Subject


class ImageRegion(Rule):
    """An image lies in another region than the pipeline.

    SageMaker pulls images from the registry of its own region only. Without an environment there is no region to
    compare with; then all images of the definition have to lie in one.

    Wrong:
        {"TrainingImage": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"} in us-east-1

    Right:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"} in us-east-1
    """

    code = "E9005"

    def check(self, subject: Subject) -> Iterator[Match]:
        region, why = subject.region, "the environment's region"
        for member, text, image in ecr_images(subject):
            if region is None:
                region, why = image.region, f"where the image at {member.pointer} lies"
            if image.region == region:
                continue
            account = REPOSITORIES[image.repository].accounts.get(region) if of_aws(image) else None
            hint = f"; there it is in account {account}" if account else ""
            yield Match(
                member.pointer, f"'{text}' lies in {image.region}, not in {region}, {why}{hint}"
            )
