from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.registries import REPOSITORIES, parse_image
from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import PROCESSING, mapping_at
from pipelines.rules._subject import Subject

_GPU = (
    "p2",
    "p3",
    "p3dn",
    "p4d",
    "p4de",
    "p5",
    "p5e",
    "p5en",
    "g4dn",
    "g5",
    "g6",
    "g6e",
    "g7",
    "g7e",
)


class GpuForCpuImage(Rule):
    """A job with an image that uses no GPU runs on an instance that has one.

    The GPU is paid for and stays idle. scikit-learn images and XGBoost before 1.2 are such images.

    Wrong:
        {"ImageUri": ".../sagemaker-scikit-learn:1.4-2-cpu-py3"} with {"InstanceType": "ml.g5.xlarge"}

    Right:
        {"ImageUri": ".../sagemaker-scikit-learn:1.4-2-cpu-py3"} with {"InstanceType": "ml.m5.xlarge"}
    """

    code = "W9003"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type in PROCESSING:
                where = f"{step.pointer}/Arguments/ProcessingResources/ClusterConfig"
                image = mapping_at(step.arguments, "AppSpecification").get("ImageUri")
                config = mapping_at(step.arguments, "ProcessingResources", "ClusterConfig")
                yield from _idle(subject, image, config.get("InstanceType"), where)
        for training in subject.training:
            image = mapping_at(training.request, "AlgorithmSpecification").get("TrainingImage")
            if subject.algorithm(image) is not None:
                continue  # what a built-in algorithm makes of a GPU is known better (W8xxx)
            config = mapping_at(training.request, "ResourceConfig")
            where = f"{training.pointer}/ResourceConfig"
            yield from _idle(subject, image, config.get("InstanceType"), where)


def _idle(subject: Subject, image: Any, instance: Any, pointer: str) -> Iterator[Match]:
    uri, kind = subject.rendered(image), subject.rendered(instance)
    found = parse_image(uri) if uri else None
    if found is None or kind is None or kind.partition("ml.")[2].partition(".")[0] not in _GPU:
        return
    known = REPOSITORIES.get(found.repository)
    if known and (found.tag in known.cpu_only or "-cpu-" in found.tag):
        yield Match(
            f"{pointer}/InstanceType",
            f"'{kind}' has a GPU, which {found.repository}:{found.tag} does not use; take a type without one",
        )
