"""What `pipelines.bootstrap` found out about an environment: `environments/.outputs/<name>.json`, variables by name.

A file, so that composing needs no network; `${NAME}` in the environment's TOML takes its value from here when the
process environment has none. It is this checkout's own: git ignores it, and `bootstrap --outputs` writes it anew.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "environments" / ".outputs"


class InvalidRecord(ValueError):
    """The file is not what bootstrap writes."""


def path(environment: str) -> Path:
    """Where the variables of an environment are."""
    return DIRECTORY / f"{environment}.json"


def read(environment: str) -> dict[str, str]:
    """The variables; none when nothing is recorded. Raises InvalidRecord."""
    file = path(environment)
    try:
        found: Any = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _invalid(file, environment, str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise _invalid(file, environment, "it must be an object of texts")
    return found


def write(environment: str, variables: Mapping[str, str]) -> Path:
    """Replace the file as a whole. Raises OSError."""
    file = path(environment)
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", delete=False) as new:
        new.write(json.dumps(dict(variables), indent=2, sort_keys=True) + "\n")
    return Path(new.name).replace(file)


def forget(environment: str) -> None:
    """Remove the file, if it is there. Raises OSError."""
    path(environment).unlink(missing_ok=True)


def _invalid(file: Path, environment: str, reason: str) -> InvalidRecord:
    return InvalidRecord(
        f"{file}: not what bootstrap writes ({reason}); "
        f"write it anew: python -m pipelines.bootstrap --env {environment} --outputs"
    )
