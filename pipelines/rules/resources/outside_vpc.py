from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject


class OutsideVpc(Rule):
    """Some jobs run in a VPC and others do not.

    A job without VpcConfig runs in SageMaker's own network and reaches the internet. When some jobs are in a VPC, one
    outside of it was usually forgotten; a transform job runs where its model says.

    Wrong:
        [{"VpcConfig": {...}, ...}, {"AlgorithmSpecification": {...}}]

    Right:
        [{"VpcConfig": {...}, ...}, {"VpcConfig": {...}, "AlgorithmSpecification": {...}}]
    """

    code = "W9025"

    def check(self, subject: Subject) -> Iterator[Match]:
        jobs = list(_jobs(subject))
        inside = next((name for name, _, config in jobs if config), None)
        if inside is None:
            return
        for _, pointer, config in jobs:
            if config is None:
                yield Match(pointer, f"has no 'VpcConfig', while step '{inside}' runs in a VPC")


def _jobs(subject: Subject) -> Iterator[tuple[str, str, Any]]:
    """Step, pointer and VpcConfig of the jobs and models that may have one."""
    for step in subject.all_steps:
        if step.type == "Processing":
            config = mapping_at(step.arguments, "NetworkConfig").get("VpcConfig")
            yield step.name, f"{step.pointer}/Arguments", config
        elif step.type == "Model":
            yield step.name, f"{step.pointer}/Arguments", step.arguments.get("VpcConfig")
    for training in subject.training:
        yield training.step.name, training.pointer, training.request.get("VpcConfig")
