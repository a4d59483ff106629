"""The LinearLearner container: the algorithm of `runtime.algorithms.linear_learner` behind the image contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.algorithms.linear_learner import LinearLearner
from runtime.algorithms.linear_learner import model as models
from runtime.algorithms.linear_learner import serving, training
from runtime.images._base import Image, Predictor


class LinearLearnerImage(Image):
    name = "linear-learner"
    repositories = ("linear-learner",)
    algorithm: ClassVar[Algorithm | None] = LinearLearner()
    preload = ("numpy", "scipy.linalg", "scipy.stats", "runtime.algorithms.linear_learner.training")

    def train(self, root: Path) -> None:
        training.train(root)

    def predictor(self, model: Path, environment: Mapping[str, str]) -> Predictor:
        return serving.LinearPredictor(models.load(model))
