"""Write a starter: all of it or nothing, and never over what is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pipelines.deploy.errors import DeployError
from pipelines.deploy.scaffold.starter import Addition, NewFile, Starter


def write(starter: Starter) -> None:
    """Write everything; when one write fails, what the others did is undone. Raises DeployError."""
    with ExitStack() as undo:
        try:
            for file in starter.files:
                _create(file, undo.callback)
            for addition in starter.additions:
                _extend(addition, undo.callback)
        except OSError as error:
            raise DeployError(
                f"cannot write {error.filename}: {error.strerror}; nothing was changed"
            ) from error
        undo.pop_all()


def _create(file: NewFile, undo: Callable[..., object]) -> None:
    if not file.path.parent.exists():
        file.path.parent.mkdir()
        undo(file.path.parent.rmdir)
    # "x": a file that has appeared in the meantime is somebody's.
    with file.path.open("x", encoding="utf-8", newline="\n") as stream:
        undo(file.path.unlink)
        stream.write(file.text)


def _extend(addition: Addition, undo: Callable[..., object]) -> None:
    path = addition.path
    if path.read_bytes() != addition.before:
        raise DeployError(
            f"{path} has just been changed by somebody; nothing was changed, try again"
        )
    _replace(path, addition.after)
    undo(_replace, path, addition.before)


def _replace(path: Path, content: bytes) -> None:
    """The old content or the new, never a part: not even when the disk is full."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        beside = Path(folder, path.name)
        beside.write_bytes(content)
        shutil.copymode(path, beside)
        beside.replace(path)
