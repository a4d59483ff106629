from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.deploy.doctor._base import (
    Check,
    Context,
    Result,
    failed,
    ok,
    skipped,
    together,
    warning,
)
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.known import UNKNOWN, KnownValues, members
from pipelines.deploy.permissions import ECR_IMAGE, IMAGE_MEMBERS
from pipelines.deploy.text import count

_TAG = re.compile(r"(?::(?P<imageTag>[^:@/]+))?(?:@(?P<imageDigest>.+))?")


class Images(Check):
    """Every image is in its registry, in the environment's region, and can be pulled."""

    name = "images"
    rank = 120
    needs = ("credentials",)
    aws_only = "the local runtime runs images of its own: python -m runtime images"

    def run(self, context: Context) -> Result:
        images = sorted(set(_images(context)))
        fine = ok(f"{count(len(images), 'image')} can be pulled")
        return together((found for each in images if (found := _look(context, each))), fine)


def _images(context: Context) -> Iterator[str]:
    for composition in context.compositions:
        known = KnownValues(composition.definition)
        for step in composition.definition.steps:
            for path, value in members(step.arguments):
                if path[-1] in IMAGE_MEMBERS and "Environment" not in path:
                    yield known.text(value)


def _look(context: Context, image: str) -> Result | None:
    """What is wrong with the image; None when nothing is."""
    if UNKNOWN in image:
        return None
    match = ECR_IMAGE.fullmatch(image)
    if match is None:
        return warning(
            f"{image} is not an image of ECR", "push it to ECR: SageMaker pulls from there"
        )
    account, region, repository, rest = match.groups()
    if region != context.environment.region:
        return failed(
            f"{image} is in {region}, not in {context.environment.region}",
            "take the image of the environment's region: a job pulls from its own only",
        )
    tag = _TAG.fullmatch(rest or "")
    named = {key: value for key, value in (tag.groupdict() if tag else {}).items() if value}
    try:
        found = context.probe.has_image(account, repository, named or {"imageTag": "latest"})
    except ServiceError as error:
        return skipped(f"{image}: {error}")
    return (
        None if found else failed(f"{image} does not exist", "push the image, or correct its tag")
    )
