"""What passes between the stages of a deployment."""

from __future__ import annotations

from dataclasses import dataclass
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
class Synthesis:
    """A composed pipeline: `definition` is its canonical JSON text, `assets` are sorted by key.

    `parallelism` is how many steps may run at a time; None says nothing about it.
    """

    name: str
    description: str
    definition: str
    assets: tuple[Asset, ...]
    parallelism: int | None = None
