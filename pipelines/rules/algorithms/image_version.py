from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import image_of, repository_of


class ImageVersion(Rule):
    """The image of XGBoost is a deprecated one, or names no version.

    `xgboost:1` and `:latest` are XGBoost 0.72 of 2018, and a tag that moves makes runs unrepeatable: AWS advises
    against both.

    Wrong:
        {"TrainingImage": "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest"}

    Right:
        {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"}
    """

    code = "W8006"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            uri = image_of(subject, training)
            algorithm = subject.algorithm(uri)
            if uri is None or algorithm is None or algorithm.name != "xgboost":
                continue
            moves = uri.endswith((":latest", ":1")) or "@" not in uri and ":" not in uri[-30:]
            if repository_of(uri) == "xgboost" or moves or ":0.90-" in uri:
                yield Match(
                    f"{training.pointer}/AlgorithmSpecification/TrainingImage",
                    f"'{uri}' is a deprecated image or names no version; "
                    f"name one: sagemaker-xgboost:{algorithm.versions[-1]}",
                )
