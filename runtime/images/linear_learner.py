"""The LinearLearner container: the algorithm of `runtime.algorithms.linear_learner` behind the image contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.algorithms.linear_learner import LinearLearner
from runtime.images._base import Image, Predictor


class LinearLearnerImage(Image):
    name = "linear-learner"
    repositories = ("linear-learner",)
    algorithm: ClassVar[Algorithm | None] = LinearLearner()
    shares_data = True
    preload = (
        "numpy",
        "scipy.linalg",
        "scipy.stats",
        "runtime.algorithms.linear_learner.training",
        "runtime.algorithms.linear_learner.serving",
    )

    # NumPy and SciPy take a while to load: only jobs pay for it, not everybody who looks an image up.
    def train(self, root: Path) -> None:
        from runtime.algorithms.linear_learner.training import train

        train(root)

    def load_data(self, root: Path) -> None:
        from runtime.algorithms.linear_learner.training import load_data

        load_data(root)

    def predictor(self, model: Path, environment: Mapping[str, str]) -> Predictor:
        from runtime.algorithms.linear_learner.model import load
        from runtime.algorithms.linear_learner.serving import LinearPredictor

        return LinearPredictor(load(model))
