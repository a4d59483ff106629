"""What a new pipeline starts with: a composition, its parameters and a test as files, its defaults in every environment.

Decides only; `write.py` carries it out. The texts are in `templates/`, `$name` and the like filled in.
"""

from __future__ import annotations

import keyword
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from pipelines.deploy.errors import DeployError, UsageError, listed

TEMPLATES = Path(__file__).parent / "templates"
# Longer names would need line breaks that the templates don't have.
LONGEST = 32
_NAME = re.compile(rf"[a-z](?:-?[a-z0-9]){{0,{LONGEST - 1}}}")
_ALLOWED = f"a letter, then lower-case letters, digits and single hyphens, up to {LONGEST} in all"


@dataclass(frozen=True)
class NewFile:
    """A file that must not be there yet."""

    path: Path
    text: str


@dataclass(frozen=True)
class Addition:
    """A file that gets longer: all that it was, then more."""

    path: Path
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Starter:
    """Everything that is written for a new pipeline."""

    files: tuple[NewFile, ...]
    additions: tuple[Addition, ...]


def starter(name: str, root: Path) -> Starter:
    """What to write for pipeline `name` into the checkout at `root`.

    Raises UsageError for a name that cannot be or is taken, DeployError for environments that cannot be added to.
    """
    check_name(name)
    module = name.replace("-", "_")
    paths = {
        "composition": root / "pipelines" / "compositions" / f"{module}.py",
        "parameters": root / "params" / f"{module}.py",
        "test": root / "tests" / "unit" / "compositions" / f"test_{module}.py",
    }
    environments = sorted((root / "params" / "environments").glob("*.toml"))
    settings = {path: _settings(path) for path in environments}
    taken = [f"{path.relative_to(root)} exists" for path in paths.values() if path.exists()]
    taken += [
        f"{path.relative_to(root)} has a table [parameters.{name}]"
        for path, found in settings.items()
        if name in found.get("parameters", {})
    ]
    if taken:
        raise UsageError(listed(f"'{name}' is taken, choose another name", taken))
    values = _values(name, module)
    return Starter(
        tuple(NewFile(path, _filled(kind, values)) for kind, path in paths.items()),
        tuple(_addition(path, _filled("defaults", values)) for path in environments),
    )


def check_name(name: str) -> None:
    """Raise UsageError for what cannot name a pipeline, its model package group and a Python module alike."""
    if not _NAME.fullmatch(name):
        close = re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-0123456789")[:LONGEST].strip("-")
        hint = f"; did you mean '{close}'?" if _NAME.fullmatch(close) else ""
        raise UsageError(f"'{name}' cannot name a pipeline; allowed: {_ALLOWED}{hint}")
    if keyword.iskeyword(name):
        raise UsageError(f"'{name}' cannot name a pipeline: Python keeps the word; add another one")


def _values(name: str, module: str) -> dict[str, str]:
    class_name = "".join(word.capitalize() for word in name.split("-")) + "Parameters"
    imports = {
        "params.declaration": "parameters_of, with_defaults",
        "params.environment": "Environment",
        f"params.{module}": class_name,
    }
    # The formatter's order, whatever the name is.
    lines = [f"from {source} import {what}" for source, what in sorted(imports.items())]
    return {"name": name, "class_name": class_name, "imports": "\n".join(lines)}


def _filled(kind: str, values: dict[str, str]) -> str:
    return Template((TEMPLATES / f"{kind}.txt").read_text(encoding="utf-8")).substitute(values)


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise DeployError(f"{path}: cannot be read: {error}") from error


def _addition(path: Path, table: str) -> Addition:
    """`table` after all that the file says, in the file's own line ends."""
    before = path.read_bytes()
    text = before.decode("utf-8")
    line_end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if text.endswith("\n") else line_end
    after = f"{text}{gap}{line_end}{table.replace(chr(10), line_end)}"
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        # `parameters = {...}`: such a table is closed.
        raise DeployError(
            f"{path}: no table can follow its end ({error}); add this yourself:\n{table}"
        ) from error
    return Addition(path, before, after.encode("utf-8"))
