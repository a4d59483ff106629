from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject


class ModelGroup(Rule):
    """A RegisterModel step names no model package group.

    A pipeline registers versions of a group, since it cannot give a package its own name. The service makes the group
    at the first registration.

    Wrong:
        {"Type": "RegisterModel", "Arguments": {"InferenceSpecification": {...}}}

    Right:
        {"Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "house-price", "InferenceSpecification": {...}}}
    """

    code = "E9012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            group = step.arguments.get("ModelPackageGroupName")
            if step.type == "RegisterModel" and group is None:
                yield Match(
                    f"{step.pointer}/Arguments",
                    "'ModelPackageGroupName' is missing; name the group that the version belongs to",
                )
