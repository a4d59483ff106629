"""The folders that a processing job's inputs and outputs have in its container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import StepDefinition
from pipelines.rules._locations import inputs, outputs
from pipelines.rules._subject import Subject


@dataclass(frozen=True)
class LocalFolder:
    """`pointer` leads to the LocalPath; `kind` is input or output; `path` has no final slash."""

    kind: str
    name: str
    pointer: str
    path: str


def input_folders(subject: Subject, step: StepDefinition) -> list[LocalFolder]:
    found = ((f"{where}/S3Input", entry, source) for where, entry, source in inputs(step))
    return list(_folders(subject, found, "input"))


def output_folders(subject: Subject, step: StepDefinition) -> list[LocalFolder]:
    found = ((f"{where}/S3Output", entry, target) for where, entry, target in outputs(step))
    return list(_folders(subject, found, "output"))


def around(path: str) -> Iterator[str]:
    """The folders that a folder lies in, innermost first."""
    while "/" in path[1:]:
        path = path.rpartition("/")[0]
        yield path


def _folders(
    subject: Subject,
    found: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
    kind: str,
) -> Iterator[LocalFolder]:
    for pointer, entry, place in found:
        path = subject.rendered(place.get("LocalPath"))
        if path and path.startswith("/"):
            name = subject.rendered(entry.get(f"{kind.title()}Name")) or "(no name)"
            yield LocalFolder(kind, name, f"{pointer}/LocalPath", path.rstrip("/"))
