"""XGBoost's image: its own training and serving (algorithm mode), or scripts that bring their own code.

Whatever version the tag names, the library is the installed one, that of version 3.0-5.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.images._base import Image, Predictor


class XGBoostImage(Image):
    """Algorithm mode is meant when a training job names no ContainerEntrypoint."""

    name = "xgboost"
    repositories = XGBoost.repositories
    algorithm = XGBoost()
    runs_scripts = True
    shares_data = True
    distributes = True
    preload = ("runtime.algorithms.xgboost.training", "runtime.algorithms.xgboost.serving")

    # The library takes seconds to load: only jobs pay for it, not everybody who looks an image up.
    def train(self, root: Path) -> None:
        from runtime.algorithms.xgboost.training import train

        train(root)

    def load_data(self, root: Path) -> None:
        from runtime.algorithms.xgboost.training import load_data

        load_data(root)

    def predictor(self, model: Path, environment: Mapping[str, str]) -> Predictor:
        from runtime.algorithms.xgboost.serving import load

        return load(model, environment)
