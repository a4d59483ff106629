"""Picks a container image by region and version, from the SDK's own tables."""

from __future__ import annotations

import logging
from functools import lru_cache

from sagemaker.core import image_uris

from pipelines.definition import built_in
from pipelines.definition.algorithms._base import Algorithm, split_image
from pipelines.definition.check import near
from steps.algorithms.values import InvalidEstimator, Text

# Runs scripts only. The SDK lists it for training, which is what a processing job needs too.
SCIKIT_LEARN_VERSION = "1.4-2"

# It says at INFO what it defaults to, and importing the SDK sends INFO to the terminal.
logging.getLogger(image_uris.__name__).setLevel(logging.WARNING)


def image_uri(algorithm: str, region: str, version: str) -> str:
    """The image of a built-in algorithm: "xgboost" or "linear-learner", in the region's own registry.

    Raises InvalidEstimator for an algorithm, region or version that does not exist.
    """
    known = {each.name: each for each in built_in.by_repository().values()}
    if algorithm not in known:
        raise InvalidEstimator(algorithm, [f"is not a built-in algorithm{near(algorithm, known)}"])
    versions = known[algorithm].versions
    if version not in versions:
        allowed = ", ".join(versions)
        raise InvalidEstimator(
            algorithm, [f"version '{version}' is not allowed; allowed: {allowed}"]
        )
    return _retrieve(algorithm, region, version)


def scikit_learn(region: str, version: str = SCIKIT_LEARN_VERSION) -> str:
    """The image that runs Python scripts with scikit-learn and pandas."""
    return _retrieve("sklearn", region, version)


def algorithm_of(image_uri: Text) -> Algorithm | None:
    """The built-in algorithm an image belongs to; None for any other container, or one known at start."""
    if not isinstance(image_uri, str):
        return None
    repository, _ = split_image(image_uri)
    return built_in.algorithm_of(repository)


@lru_cache
def _retrieve(framework: str, region: str, version: str) -> str:
    try:
        uri: str = image_uris.retrieve(framework, region, version=version, image_scope="training")
    except ValueError as error:
        raise InvalidEstimator(framework, [f"no image in region {region}: {error}"]) from error
    _, tag = split_image(uri)
    # For an algorithm with one version the SDK answers any version with that one.
    if tag != version and not tag.startswith(f"{version}-"):
        raise InvalidEstimator(framework, [f"version '{version}' is not allowed; allowed: {tag}"])
    return uri
