"""Where in the source each step was made, so that a finding can name file and line.

Importing this module imports the SDK: do it inside `offline`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import sagemaker
from sagemaker.mlops.workflow.steps import Step

from pipelines.deploy.models import Place

ROOT = Path(__file__).parents[2]
_SDK = tuple(str(Path(path)) for path in sagemaker.__path__)


@contextmanager
def recorded_places() -> Iterator[dict[str, Place]]:
    """Yield a mapping that fills with the place of every step made in the block, by its name."""
    places: dict[str, Place] = {}
    before = Step.__init__

    def init(self: Any, name: str, *arguments: Any, **members: Any) -> None:
        before(self, name, *arguments, **members)
        if place := _place(sys._getframe(1), self):
            places.setdefault(name, place)  # the SDK makes them again when it compiles

    Step.__init__ = init
    try:
        yield places
    finally:
        Step.__init__ = before


def _place(frame: FrameType | None, step: object) -> Place | None:
    """The line that called the step's class: neither in the SDK nor in one of the step's own constructors."""
    while frame is not None:
        inside = frame.f_locals.get("self") is step
        if not inside and not frame.f_code.co_filename.startswith(_SDK):
            path = Path(frame.f_code.co_filename)
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            return Place(shown.as_posix(), frame.f_lineno)
        frame = frame.f_back
    return None
