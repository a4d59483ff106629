"""A plan as a file: `plan --out` writes it, `upsert --plan-file` does exactly what it says, or refuses.

It refuses when what is deployed is not what the plan started from, or when a file to publish has other content by now.
Everything that is read is checked: a plan file travels between machines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

from pipelines.definition.difference import Change
from pipelines.deploy.errors import DeployError, UsageError, listed
from pipelines.deploy.plan import (
    CreatePipeline,
    Deployed,
    Instruction,
    Plan,
    PublishAsset,
    UpdatePipeline,
    UploadInput,
)

ROOT = Path(__file__).parents[3]
FORMAT, VERSION = "pipelines.plan-file", 1
_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Instruction)}
_FILES = (PublishAsset, UploadInput)
_MOST_BYTES = 64 * 2**20


class PlanFileInvalid(DeployError):
    """The file is not a plan that this version can carry out."""


class PlanOutdated(DeployError):
    """What the plan started from has changed since."""


@dataclass(frozen=True)
class FiledPlan:
    """`deployed` is the fingerprint of what the plan starts from, None: no pipeline; `files` digests by place."""

    plan: Plan
    deployed: str | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class PlanFile:
    """Plans for the pipelines of one environment."""

    environment: str
    region: str
    pipelines: tuple[FiledPlan, ...]


def fingerprint(deployed: Deployed | None) -> str | None:
    """The sha256 of everything a plan looks at."""
    if deployed is None:
        return None
    content = {**asdict(deployed), "tags": dict(deployed.tags)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def filed(plan: Plan, deployed: Deployed | None) -> FiledPlan:
    """A plan with what it takes to see later whether it still fits. Raises DeployError."""
    files = [each.path for each in plan.instructions if isinstance(each, _FILES)]
    return FiledPlan(
        plan, fingerprint(deployed), {_place(path): file_digest(path) for path in files}
    )


def file_digest(path: Path) -> str:
    """The sha256 of a file's content. Raises DeployError."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise DeployError(f"{path} cannot be read: {error.strerror}") from error


def written(file: PlanFile) -> str:
    """The file's text."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "environment": file.environment,
        "region": file.region,
        "pipelines": [
            {
                "name": each.plan.name,
                "deployed": each.deployed,
                "files": dict(each.files),
                "instructions": [_document(todo) for todo in each.plan.instructions],
            }
            for each in file.pipelines
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def save(file: PlanFile, path: Path) -> None:
    """Write the file. Raises DeployError."""
    try:
        path.write_text(written(file), encoding="utf-8")
    except OSError as error:
        raise DeployError(f"--out {path}: cannot be written: {error.strerror}") from error


def load(path: Path) -> PlanFile:
    """Read a file. Raises UsageError when there is none, PlanFileInvalid when it is not a plan."""
    try:
        with path.open("rb") as content:
            body = content.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--plan-file {path}: cannot be read: {reason}") from error
    if len(body) > _MOST_BYTES:
        raise PlanFileInvalid(f"--plan-file {path}: larger than {_MOST_BYTES // 2**20} MB")
    return read(body, f"--plan-file {path}")


def read(body: bytes, where: str) -> PlanFile:
    """Read the content of a file. Raises PlanFileInvalid with every problem."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PlanFileInvalid(f"{where}: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise PlanFileInvalid(
            f"{where}: not a plan file; make one with: python -m pipelines.plan --out FILE"
        )
    if document.get("version") != VERSION:
        raise PlanFileInvalid(
            f"{where}: has version {document.get('version')!r} but this is for version {VERSION}; "
            "plan again"
        )
    reader = _Reader()
    file = reader.file(document)
    if reader.problems:
        raise PlanFileInvalid(listed(where, reader.problems))
    return file


def still_fits(each: FiledPlan, deployed: Deployed | None) -> None:
    """Raise PlanOutdated when the pipeline or a file to publish is not what the plan was made from."""
    if fingerprint(deployed) != each.deployed:
        raise PlanOutdated(
            f"{each.plan.name}: what is deployed has changed since the plan was made; "
            "nothing was done: plan again"
        )
    for place, digest in each.files.items():
        if file_digest(_path(place)) != digest:
            raise PlanOutdated(
                f"{each.plan.name}: {place} has changed since the plan was made; "
                "nothing was done: plan again"
            )


def _document(instruction: Instruction) -> dict[str, Any]:
    members = {each.name: _plain(getattr(instruction, each.name)) for each in fields(instruction)}
    return {"instruction": type(instruction).__name__, **members}


def _place(path: Path) -> str:
    """The path within the project, which may lie elsewhere on the machine that applies the plan."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def _path(place: str) -> Path:
    return ROOT / place


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return _place(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [asdict(change) for change in value]
    return value


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(member, str) for member in value.values())


def _changes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.keys() == {each.name for each in fields(Change)}
        and entry["sign"] in ("+", "-", "~")
        and _text(entry["path"])
        and _text(entry["kind"])
        for entry in value
    )


# The annotation of an instruction's member -> (whether a value is one, what it becomes).
_MEMBERS: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "str": (_text, str),
    "int": (_whole, int),
    "Path": (lambda value: _text(value) and "\0" not in value, _path),
    "Mapping[str, str]": (_texts, dict),
    "tuple[Change, ...]": (_changes, lambda value: tuple(Change(**entry) for entry in value)),
}


class _Reader:
    """Collects problems instead of stopping at the first; the result counts only when there are none."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def file(self, document: Mapping[str, Any]) -> PlanFile:
        environment = self._member(document, "environment", "str", "/")
        region = self._member(document, "region", "str", "/")
        entries = self._list(document.get("pipelines"), "/pipelines")
        pipelines = [self._plan(entry, f"/pipelines/{n}") for n, entry in enumerate(entries)]
        return PlanFile(environment, region, tuple(each for each in pipelines if each))

    def _plan(self, entry: Any, where: str) -> FiledPlan | None:
        if not isinstance(entry, dict):
            self.problems.append(f"{where}: must be an object")
            return None
        name = self._member(entry, "name", "str", where)
        deployed = self._member(entry, "deployed", "str | None", where)
        files = self._member(entry, "files", "Mapping[str, str]", where)
        listed_ = self._list(entry.get("instructions"), f"{where}/instructions")
        found = [
            self._instruction(each, f"{where}/instructions/{n}") for n, each in enumerate(listed_)
        ]
        instructions = tuple(each for each in found if each is not None)
        self._check_files(instructions, files, where)
        self._check_names(instructions, name, where)
        return FiledPlan(Plan(name, instructions), deployed, files)

    def _check_files(self, instructions: Sequence[Any], files: Any, where: str) -> None:
        for each in instructions:
            if isinstance(each, _FILES) and _place(each.path) not in (files or {}):
                self.problems.append(f"{where}/files: has no digest of {_place(each.path)}")

    def _check_names(self, instructions: Sequence[Any], name: str, where: str) -> None:
        for each in instructions:
            if isinstance(each, CreatePipeline | UpdatePipeline) and each.name != name:
                self.problems.append(f"{where}: plans for '{name}' but writes '{each.name}'")

    def _instruction(self, entry: Any, where: str) -> Any:
        kind = entry.get("instruction") if isinstance(entry, dict) else None
        if not isinstance(kind, str) or kind not in _KINDS:
            self.problems.append(f"{where}: must be an instruction: {', '.join(_KINDS)}")
            return None
        known = {each.name: str(each.type) for each in fields(_KINDS[kind])}
        for key in entry.keys() - known.keys() - {"instruction"}:
            self.problems.append(f"{where}/{key}: {kind} has no such member")
        before = len(self.problems)
        members = {key: self._member(entry, key, type_, where) for key, type_ in known.items()}
        return _KINDS[kind](**members) if len(self.problems) == before else None

    def _member(self, entry: Mapping[str, Any], key: str, annotation: str, where: str) -> Any:
        optional = annotation.endswith(" | None")
        value = entry.get(key)
        if optional and value is None and key in entry:
            return None
        fits, made = _MEMBERS[annotation.removesuffix(" | None")]
        if key not in entry or not fits(value):
            self.problems.append(f"{where.rstrip('/')}/{key}: must be {annotation}")
            return None
        return made(value)

    def _list(self, value: Any, where: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self.problems.append(f"{where}: must be a list")
        return []
