"""The built-in algorithms that are known: those with a file in `algorithms/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipelines.definition import algorithms
from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.discovery import by_key, find


def algorithm_of(repository: str) -> Algorithm | None:
    """The algorithm whose image lies in an ECR repository of this name."""
    return by_repository().get(repository)


@cache
def by_repository() -> Mapping[str, Algorithm]:
    """Every algorithm under each of its repositories."""
    keyed = by_key(find(algorithms, Algorithm), "repositories")  # type: ignore[type-abstract]
    return {repository: kind() for repository, kind in keyed.items()}
