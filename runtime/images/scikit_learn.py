"""The scikit-learn image: scripts only, for processing and training."""

from __future__ import annotations

from runtime.images._base import Image


class ScikitLearnImage(Image):
    name = "scikit-learn"
    repositories = ("sagemaker-scikit-learn",)
    runs_scripts = True
    preload = ("numpy", "pandas", "sklearn", "sklearn.linear_model", "sklearn.metrics")
