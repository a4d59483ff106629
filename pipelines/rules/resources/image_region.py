from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES
from pipelines.rules._base import Match, Rule
from pipelines.rules._images import ecr_images, of_aws
from pipelines.rules._subject import Subject


class ImageRegion(Rule):
    """An image lies in another region than the pipeline.

    SageMaker pulls images from the registry of its own region only. Without an environment there is no region to
    compare with; then all images of the definition have to lie in the one that most lie in.

    Wrong:
        {"TrainingImage": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"} in us-east-1

    Right:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"} in us-east-1
    """

    code = "E9005"

    def check(self, subject: Subject) -> Iterator[Match]:
        found = list(ecr_images(subject))
        region, why = subject.region, "the environment's region"
        if region is None and found:
            counted = Counter(image.region for _, _, image in found)
            region, why = counted.most_common(1)[0][0], "as most images of the definition do"
        for member, text, image in found:
            if image.region == region:
                continue
            known = REPOSITORIES[image.repository].accounts if of_aws(image) else {}
            account = known.get(region or "")
            hint = f"; there it is in account {account}" if account else ""
            yield Match(
                member.pointer, f"'{text}' lies in {image.region}, not in {region}, {why}{hint}"
            )
