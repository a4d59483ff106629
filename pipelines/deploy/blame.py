"""Where in the project's own files an exception out of a composition comes from."""

from __future__ import annotations

import traceback
from pathlib import Path

from pipelines.deploy.errors import DeployError

ROOT = Path(__file__).parents[2]
# What compositions are made with; who calls it made the mistake.
_MADE_WITH = tuple(
    str(ROOT / path)
    for path in ("pipelines/definition", "pipelines/deploy", "steps/_base.py", "steps/algorithms")
)


def blamed(name: str, error: Exception) -> str | None:
    """`NAME (FILE:LINE): what is wrong`; None when it is no mistake of the composition `name` as far as one can tell."""
    place = _place(error)
    if isinstance(error, ModuleNotFoundError) and not _is_ours(error):
        return None  # a package that is not installed
    if isinstance(error, ValueError | OSError | DeployError):
        # InvalidEstimator, what the SDK says of steps that don't fit together, a script that is not there, and
        # whatever composing may not do.
        text = str(error)
    elif place is None:
        return None
    else:
        text = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    return f"{name} ({place}): {text}" if place else f"{name}: {text}"


def _place(error: Exception) -> str | None:
    """The innermost line of the composition, or of a step it uses."""
    if isinstance(error, SyntaxError) and error.filename:
        return _shown(error.filename, error.lineno or 1)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_in_project(frame.filename) and not frame.filename.startswith(_MADE_WITH):
            return _shown(frame.filename, frame.lineno or 1)
    return None


def _shown(file: str, line: int) -> str:
    path = Path(file)
    return f"{(path.relative_to(ROOT) if _is_in_project(file) else path).as_posix()}:{line}"


def _is_in_project(file: str) -> bool:
    path = Path(file)
    # Not the packages of a virtual environment that lies in the checkout.
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def _is_ours(error: ModuleNotFoundError) -> bool:
    return (ROOT / (error.name or "").partition(".")[0] / "__init__.py").is_file()
