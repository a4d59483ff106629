from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipelines.definition.algorithms._base import split_image
from pipelines.rules._base import Match, Rule
from pipelines.rules._containers import containers
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_STEP = re.compile(r"\{Steps\.(?P<name>[A-Za-z0-9_-]+)\.")


class TrainedImage(Rule):
    """A model is served by another version of a built-in algorithm than the one that trained it.

    The container that serves has to read what the one that trained wrote: XGBoost before 1.3 writes a pickle, and
    LinearLearner's file is nothing to XGBoost.

    Wrong:
        {"Image": ".../sagemaker-xgboost:1.7-1", "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}

    Right:
        {"Image": ".../sagemaker-xgboost:3.0-5", "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}
    """

    code = "I9014"

    def check(self, subject: Subject) -> Iterator[Match]:
        trained = _images(subject)
        for _, pointer, container in containers(subject):
            if subject.algorithm(container.get("Image")) is None:
                continue
            serving = _name(subject.rendered(container.get("Image")))
            text = subject.rendered(container.get("ModelDataUrl")) or ""
            names = {match["name"] for match in _STEP.finditer(text)}
            made = {image for name in sorted(names) for image in trained.get(name, ())}
            if serving and made and serving not in made:
                yield Match(
                    f"{pointer}/Image",
                    f"'{serving}' serves a model that '{', '.join(sorted(made))}' trained; use the same image",
                )


def _images(subject: Subject) -> Mapping[str, set[str]]:
    """Step -> the built-in algorithms' images that its jobs train with."""
    found: dict[str, set[str]] = {}
    for training in subject.training:
        image = mapping_at(training.request, "AlgorithmSpecification").get("TrainingImage")
        if subject.algorithm(image) is not None and (name := _name(subject.rendered(image))):
            found.setdefault(training.step.name, set()).add(name)
    return found


def _name(uri: str | None) -> str | None:
    if not uri:
        return None
    repository, tag = split_image(uri)
    return f"{repository.rpartition('/')[2]}:{tag}"
