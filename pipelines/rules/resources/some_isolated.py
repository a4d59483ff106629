from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject

_MEMBER = "EnableNetworkIsolation"


class SomeIsolated(Rule):
    """Some containers have no network and others do.

    With EnableNetworkIsolation a container can send nothing anywhere. When some steps ask for it, one that doesn't was
    usually forgotten; one that needs the network says so with false.

    Wrong:
        [{"EnableNetworkIsolation": true, ...}, {"AlgorithmSpecification": {...}}]

    Right:
        [{"EnableNetworkIsolation": true, ...}, {"EnableNetworkIsolation": false, ...}]
    """

    code = "W9026"

    def check(self, subject: Subject) -> Iterator[Match]:
        found = list(_containers(subject))
        isolated = next((name for name, _, value in found if value is True), None)
        if isolated is None:
            return
        for _, pointer, value in found:
            if value is None:
                yield Match(
                    pointer,
                    f"does not say '{_MEMBER}', while the containers of step '{isolated}' have no network",
                )


def _containers(subject: Subject) -> Iterator[tuple[str, str, Any]]:
    """Step, pointer and what it says of isolation, of the requests that may say it."""
    for step in subject.all_steps:
        pointer = f"{step.pointer}/Arguments"
        if step.type == "Processing":
            yield step.name, pointer, mapping_at(step.arguments, "NetworkConfig").get(_MEMBER)
        if step.type == "Model":
            yield step.name, pointer, step.arguments.get(_MEMBER)
    for training in subject.training:
        yield training.step.name, training.pointer, training.request.get(_MEMBER)
