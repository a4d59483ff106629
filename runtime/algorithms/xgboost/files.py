"""Which files of a channel are read: the container's rules for hidden files, sub-folders and look-alikes."""

from __future__ import annotations

from pathlib import Path

from runtime.algorithms.xgboost.log import log
from runtime.images._base import AlgorithmFailure

# The container counts the channel's own folder as the first.
_DEEPEST = 3


def find(folder: Path) -> list[Path]:
    """Files with content, in the order of their paths (the container's order is not stable). Raises AlgorithmFailure."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in found):
        raise AlgorithmFailure("Hidden file found in the data path! Remove that before training.")
    near = [path for path in found if len(path.relative_to(folder).parts) <= _DEEPEST]
    if near != found:
        skipped = ", ".join(path.name for path in found if path not in set(near))
        log(
            f"The depth of folder {folder.name} exceed the limit {_DEEPEST}. Files in deeper sub dirs won't be "
            f"loaded. Please adjust the folder structure accordingly. Not loaded: {skipped}",
            "WARNING",
        )
    return [path for path in near if path.stat().st_size > 0]


def warn_of_same_files(train: Path, validation: Path) -> None:
    """Say when both channels seem to hold the same data: same name and size."""
    for path in sorted(path for path in train.glob("*") if path.is_file()):
        other = validation / path.name
        if other.is_file() and other.stat().st_size == path.stat().st_size:
            log(
                f"Suspected identical files found: {path.name} with same size {path.stat().st_size} bytes is in "
                "the channels train and validation. The validation score says little about new data then.",
                "WARNING",
            )
