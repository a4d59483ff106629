from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject, TrainingDefinition

_CONFIGS = ("ResourceConfig", "HyperParameterTuningResourceConfig", "ServerlessJobConfig")
_INSTANCES = ("InstanceType", "InstanceGroups", "InstancePreferences", "TrainingPlanArn")


class NoResources(Rule):
    """A training job does not say on which instances, or with which image, it runs.

    The model of the API does not require it any more, because of serverless jobs; every other job is refused when the
    step starts.

    Wrong:
        {"AlgorithmSpecification": {"TrainingInputMode": "File"}, "OutputDataConfig": {...}, "RoleArn": "..."}

    Right:
        {"AlgorithmSpecification": {"TrainingImage": "...", "TrainingInputMode": "File"},
         "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}, ...}
    """

    code = "E2036"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            if training.request.get("ServerlessJobConfig") is None:
                yield from _missing(training)


def _missing(training: TrainingDefinition) -> Iterator[Match]:
    request = training.request
    if all(request.get(each) is None for each in _CONFIGS):
        yield Match(
            training.pointer,
            "'ResourceConfig' is missing; give InstanceType, InstanceCount and VolumeSizeInGB",
        )
    config = mapping_at(request, "ResourceConfig")
    if config and all(config.get(each) is None for each in _INSTANCES):
        yield Match(
            f"{training.pointer}/ResourceConfig", "'InstanceType' is missing, such as ml.m5.large"
        )
    algorithm = mapping_at(request, "AlgorithmSpecification")
    if algorithm and all(
        algorithm.get(each) is None for each in ("TrainingImage", "AlgorithmName")
    ):
        yield Match(
            f"{training.pointer}/AlgorithmSpecification",
            "'TrainingImage' is missing (or the 'AlgorithmName' of an algorithm from the Marketplace)",
        )
