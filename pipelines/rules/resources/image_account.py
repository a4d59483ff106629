from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES, regions_of
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import ecr_images, of_aws
from pipelines.rules._subject import Subject


class ImageAccount(Rule):
    """The account in an image URI is not the registry that this image has in its region.

    AWS's images lie in another account in each region, and LinearLearner in another one than XGBoost. There is nothing
    to pull, and the job fails. Images in registries of your own are not looked at.

    Wrong:
        {"TrainingImage": "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"}

    Right:
        {"TrainingImage": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"}
    """

    code = "E9004"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, text, image in ecr_images(subject):
            if not of_aws(image):
                continue
            wanted = REPOSITORIES[image.repository].accounts.get(image.region)
            if wanted is not None and wanted != image.account:
                yield Match(
                    member.pointer,
                    f"'{text}': account {image.account} is AWS's registry in {', '.join(regions_of(image.account))} for "
                    f"some image; {image.repository} lies in account {wanted} in {image.region}",
                )
