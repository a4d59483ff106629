"""The container images that the requests of steps name."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.registries import REPOSITORIES, EcrImage, parse_image, regions_of
from pipelines.rules._members import Member
from pipelines.rules._subject import Subject

_SHAPES = ("ImageUri", "AlgorithmImage", "ContainerImage")


def images(subject: Subject) -> Iterator[tuple[Member, str]]:
    """Members that name an image, with the text as far as it is known."""
    for member in subject.members:
        if member.shape in _SHAPES and member.name in ("ImageUri", "TrainingImage", "Image"):
            text = subject.rendered(member.value)
            if text:
                yield member, text


def ecr_images(subject: Subject) -> Iterator[tuple[Member, str, EcrImage]]:
    """Those that lie in a private registry of ECR."""
    for member, text in images(subject):
        if image := parse_image(text):
            yield member, text, image


def of_aws(image: EcrImage) -> bool:
    """Does it lie in one of AWS's own registries, and is it a repository that is known here?

    A copy of such an image in a registry of one's own has tags and regions of its own.
    """
    return image.repository in REPOSITORIES and bool(regions_of(image.account))
