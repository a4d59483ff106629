from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import ecr_images, of_aws
from pipelines.rules._subject import Subject


class RetiredImage(Rule):
    """A job uses an image version that AWS no longer supports.

    XGBoost 0.72 (`xgboost:1` and `xgboost:latest`) and 0.90 get no fixes, and their models and hyperparameters
    differ from those of today.

    Wrong:
        {"TrainingImage": "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1"}

    Right:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"}
    """

    code = "W9006"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member, _, image in ecr_images(subject):
            if of_aws(image) and image.tag in REPOSITORIES[image.repository].retired:
                yield Match(
                    member.pointer,
                    f"{image.repository}:{image.tag} is no longer supported; take sagemaker-xgboost:3.0-5, and look over "
                    "its hyperparameters",
                )
