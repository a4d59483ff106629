"""One job's results from several hosts: their files become one folder, in which the first host wins."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from runtime.jobs.archives import ordinary_files


def gather(roots: Sequence[Path], name: str) -> None:
    """Move the ordinary files of a folder of the later hosts into that of the first, where it has none of that name."""
    first, *others = roots
    for other in others:
        for path in list(ordinary_files(other / name)):
            # A file where this host has a folder, or the other way round: what an earlier host has stays.
            with suppress(FileExistsError, NotADirectoryError):
                _move(path, first / path.relative_to(other), first)


def _move(path: Path, target: Path, root: Path) -> None:
    # The job may have left links that lead elsewhere.
    if target.exists() or not target.parent.resolve().is_relative_to(root.resolve()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
