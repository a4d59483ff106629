from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._containers import containers
from pipelines.rules._subject import Subject

_SOURCES = ("Image", "ModelPackageName")


class ModelContainer(Rule):
    """A Model step has no container, both kinds of it, or one that says neither image nor model package.

    A model is made of one PrimaryContainer, or of a list Containers that run one after the other. CreateModel refuses
    the rest when the step starts.

    Wrong:
        {"Type": "Model", "Arguments": {"ExecutionRoleArn": "..."}}

    Right:
        {"Type": "Model", "Arguments": {"ExecutionRoleArn": "...", "PrimaryContainer": {"Image": "...", "ModelDataUrl": "..."}}}
    """

    code = "E9010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type == "Model":
                yield from _kinds(step)
        for step, pointer, container in containers(subject):
            if step.type == "Model" and all(container.get(each) is None for each in _SOURCES):
                yield Match(
                    pointer, "needs 'Image', or 'ModelPackageName' of a registered model package"
                )


def _kinds(step: StepDefinition) -> Iterator[Match]:
    where = f"{step.pointer}/Arguments"
    primary, several = step.arguments.get("PrimaryContainer"), step.arguments.get("Containers")
    if primary and several:
        yield Match(
            f"{where}/Containers",
            "'PrimaryContainer' and 'Containers' exclude each other; keep one",
        )
    elif not primary and not several:
        yield Match(where, "a model needs a container: add 'PrimaryContainer' (or 'Containers')")
