from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, mapping
from pipelines.rules.algorithms._jobs import first_party


class MetricDefinitions(Rule):
    """MetricDefinitions are given for an image of the service's own algorithms.

    Their metrics are predefined, also when the image runs a script of yours. The service refuses the job, when the
    step starts: "You can't override the metric definitions for Amazon SageMaker algorithms."

    Wrong:
        {"TrainingImage": ".../sagemaker-xgboost:3.0-5", "MetricDefinitions": [{"Name": "rmse", "Regex": "x=(.*)"}]}

    Right:
        {"TrainingImage": ".../sagemaker-xgboost:3.0-5"}
    """

    code = "E8030"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            specification = mapping(training.request.get("AlgorithmSpecification"))
            if first_party(subject, training) and specification.get("MetricDefinitions"):
                yield Match(
                    f"{training.pointer}/AlgorithmSpecification/MetricDefinitions",
                    "the image's metrics are predefined, and a request must not define any; "
                    "leave MetricDefinitions out",
                )
