"""XGBoost's image: its own training and serving (algorithm mode), or scripts that bring their own code.

Whatever version the tag names, the library and the rules are those of version 3.0-5; a job of another tag says so in
its log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pipelines.definition.algorithms._base import split_image
from pipelines.definition.algorithms.xgboost import XGBoost
from runtime.images._base import IMAGE_VARIABLE, Image, Predictor

SERVED_VERSION = "3.0-5"


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

        _note_version(split_image(os.environ.get(IMAGE_VARIABLE, ""))[1])
        train(root)

    def load_data(self, root: Path) -> None:
        from runtime.algorithms.xgboost.training import load_data

        load_data(root)

    def predictor(self, model: Path, environment: Mapping[str, str]) -> Predictor:
        from runtime.algorithms.xgboost.serving import load

        return load(model, environment)


def _note_version(tag: str) -> None:
    import xgboost

    from runtime.algorithms.xgboost.log import log

    if tag and not tag.startswith(SERVED_VERSION):
        log(
            f"The image's tag is {tag}, but the local runtime trains with XGBoost {xgboost.__version__} and the rules "
            f"of container {SERVED_VERSION}: trees and metrics may differ from those of {tag}",
            "WARNING",
        )
