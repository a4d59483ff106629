"""Copies a stream to a temporary file of the same file system, measured and flushed to the disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Staged:
    """`md5` is hexadecimal, and empty when it was not asked for."""

    path: Path
    size: int
    md5: str


def stage(source: BinaryIO | Path, target: Path, *, digest: bool) -> Staged:
    """Copy `source` to `target` in bounded memory; nothing is left behind when reading or writing fails."""
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return _copy(stream, target, digest)
        return _copy(source, target, digest)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy(stream: BinaryIO, target: Path, digest: bool) -> Staged:
    md5 = hashlib.md5(usedforsecurity=False)
    size = 0
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            if digest:
                md5.update(chunk)
            out.write(chunk)
            size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    return Staged(target, size, md5.hexdigest() if digest else "")
