"""The containers that models and model packages are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject, entries


def containers(subject: Subject) -> Iterator[tuple[StepDefinition, str, Mapping[str, Any]]]:
    """Step, pointer and definition of each container of its Model and RegisterModel steps."""
    for step in subject.all_steps:
        where = f"{step.pointer}/Arguments"
        if step.type == "Model":
            if primary := mapping_at(step.arguments, "PrimaryContainer"):
                yield step, f"{where}/PrimaryContainer", primary
            for index, container in entries(step.arguments.get("Containers")):
                yield step, f"{where}/Containers/{index}", container
        elif step.type == "RegisterModel":
            found = mapping_at(step.arguments, "InferenceSpecification").get("Containers")
            for index, container in entries(found):
                yield step, f"{where}/InferenceSpecification/Containers/{index}", container
