"""What passes between the stages of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Asset:
    """A local file that a definition refers to; the key holds the sha256 of the content."""

    path: Path
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Place:
    """A line of the source; `file` is relative to the project where it is inside."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Synthesis:
    """A composed pipeline: `definition` is its canonical JSON text, `assets` are sorted by key.

    `places` says of each step where in the source it was made. `parallelism` is how many steps may run at a time;
    None says nothing about it. `source` is the digest that is the same in every environment (`neutral.py`), None
    when it was not composed here, or cannot be composed for an environment that is nobody's.
    """

    name: str
    description: str
    definition: str
    assets: tuple[Asset, ...]
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    parallelism: int | None = None
    source: str | None = None
