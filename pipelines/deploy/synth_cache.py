"""Remembers what composing gave, under everything that goes in: the SDK alone takes two seconds to import.

An entry's name is a digest of what is known beforehand: the pipeline, the environment's settings, every file of
`pipelines/`, `steps/` and `params/`, the installed packages and the Python version. What a composition reads
beyond that while it composes (`reads.py` records it) stands in the entry and is looked at again before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from params.environment import Environment
from pipelines.deploy.models import Asset, Place, Synthesis

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / ".sagemaker" / "synth"
PACKAGES = ("params", "pipelines", "steps")
_FORMAT = 2
# Entries, the oldest go first: syntheses and findings of some hundred pipelines in some environments.
_KEPT = 2000
_ABSENT = "absent"


def key(name: str, env: Environment) -> str:
    """The digest of everything known before composing."""
    known = {
        "format": _FORMAT,
        "pipeline": name,
        "environment": _plain(replace(env, profile="")),  # who deploys changes nothing
        "installed": installed(),
        "root": str(ROOT),
        "sources": sources(*PACKAGES),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def installed() -> list[str]:
    """Python and every package, with their versions."""
    python = [platform.python_implementation(), *map(str, sys.version_info)]
    return [*python, *_distributions()]


def sources(*packages: str) -> dict[str, str]:
    """File -> digest of everything in some packages of the project."""
    return {file: digest for package in packages for file, digest in _sources(package).items()}


def find(entry_key: str) -> Synthesis | None:
    """What was composed before from the very same input; None when nothing was, or the entry is damaged."""
    entry = load(entry_key)
    try:
        if entry["read"] != _state(entry["read"]):
            return None
        return Synthesis(
            entry["name"],
            entry["description"],
            entry["definition"],
            tuple(Asset(Path(path), bucket, at) for path, bucket, at in entry["assets"]),
            {step: Place(file, line) for step, (file, line) in entry["places"].items()},
            entry["parallelism"],
            entry["source"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # composing again costs two seconds and mends it


def load(entry_key: str) -> Any:
    """The document of an entry; None when there is none, or it is damaged."""
    try:
        return json.loads(_file(entry_key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def store(entry_key: str, document: Any) -> None:
    """Write an entry as a whole, and drop the oldest. Raises OSError."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as folder:
        written = Path(folder, "entry")
        written.write_text(json.dumps(document), encoding="utf-8")
        written.replace(_file(entry_key))
    _prune()


def keep(entry_key: str, synthesis: Synthesis, read: Iterable[str]) -> None:
    """Remember a synthesis and what was read for it (`reads.py`). Raises OSError when that cannot be written."""
    entry = {
        "name": synthesis.name,
        "description": synthesis.description,
        "definition": synthesis.definition,
        "assets": [[str(each.path), each.bucket, each.key] for each in synthesis.assets],
        "places": {step: [place.file, place.line] for step, place in synthesis.places.items()},
        "parallelism": synthesis.parallelism,
        "source": synthesis.source,
        "read": _state(read),
    }
    store(entry_key, entry)


def _file(entry_key: str) -> Path:
    return DIRECTORY / f"{entry_key}.json"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _plain(vars(value))
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return value


def _distributions() -> list[str]:
    """Name and version of every installed package, as the folders of its metadata say them."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return sorted(
        path.name for folder in folders for path in Path(folder).iterdir() if "-info" in path.name
    )


@cache
def _sources(package: str) -> dict[str, str]:
    # Once for a command: modules that are imported don't change any more either.
    return {
        str(path.relative_to(ROOT)): _digest(path)
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _state(read: Iterable[str]) -> dict[str, str]:
    """What each thing that was read is like now: `file:PATH`, `folder:PATH`, `variable:NAME` -> digest."""
    return {each: _looked_at(*each.split(":", 1)) for each in sorted(read)}


def _looked_at(kind: str, name: str) -> str:
    if kind == "variable":
        value = os.environ.get(name)
        # A digest: the value may be a secret.
        return _ABSENT if value is None else hashlib.sha256(os.fsencode(value)).hexdigest()
    try:
        if kind == "folder":
            return hashlib.sha256(
                "\0".join(sorted(path.name for path in Path(name).iterdir())).encode()
            ).hexdigest()
        return _digest(Path(name))
    except OSError:
        return _ABSENT


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _prune() -> None:
    # Another process may have pruned the same file.
    with suppress(FileNotFoundError):
        entries = sorted(DIRECTORY.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in entries[:-_KEPT]:
            path.unlink()
