"""The retry policies of steps, read with care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.rules._subject import Subject


@dataclass(frozen=True)
class Policy:
    """One entry of RetryPolicies; `exceptions` are those of ExceptionType that are texts, with their pointers."""

    step: StepDefinition
    pointer: str
    members: Mapping[str, Any]

    @property
    def exceptions(self) -> list[tuple[str, str]]:
        written = self.members.get("ExceptionType")
        where = f"{self.pointer}/ExceptionType"
        if isinstance(written, str):
            return [(where, written)]
        listed = enumerate(written if isinstance(written, list) else ())
        return [(f"{where}/{index}", each) for index, each in listed if isinstance(each, str)]

    def number(self, member: str, default: float | None = None) -> float | None:
        """A member that is a number; the default where it is left out, None where it is something else."""
        value = self.members.get(member, default)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def policies(subject: Subject) -> Iterator[Policy]:
    """Every retry policy of every step."""
    for step in subject.all_steps:
        for index, members in enumerate(step.retry_policies):
            yield Policy(step, f"{step.pointer}/RetryPolicies/{index}", members)
