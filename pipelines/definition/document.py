"""The definition document (Version 2020-12-01) as frozen data.

`parse` reads the shape only; whether references resolve and names are unique is `check.py`'s question.
Steps of both branches of every condition stand in `Definition.steps`, each knowing its branch. The steps in the
body of a ForEach do not: they run once per item and belong to their step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pipelines.definition.errors import DefinitionError, Problem
from pipelines.definition.expressions import walk
from pipelines.definition.size import oversized

VERSION = "2020-12-01"
BRANCHES = ("IfSteps", "ElseSteps")
BODY = "ForEachBody"
STEP_KEYS = frozenset(
    [
        "Name",
        "Type",
        "Arguments",
        "DependsOn",
        "DisplayName",
        "Description",
        "CacheConfig",
        "RetryPolicies",
        "PropertyFiles",
    ]
)


class ParameterType(StrEnum):
    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"


@dataclass(frozen=True)
class ParameterDefinition:
    name: str
    type: ParameterType
    default: str | int | float | bool | None
    allowed: tuple[str, ...]
    description: str | None

    @property
    def required(self) -> bool:
        """No default: a value must be given at start."""
        return self.default is None


@dataclass(frozen=True)
class Dependency:
    """An entry of DependsOn; `trigger` is Completed, Failed, Stopped or Any."""

    step: str
    trigger: str = "Completed"


@dataclass(frozen=True)
class PropertyFile:
    name: str
    output: str
    path: str


@dataclass(frozen=True)
class Branch:
    """Where a nested step stands: `side` is IfSteps or ElseSteps of `condition`."""

    condition: str
    side: str


@dataclass(frozen=True)
class StepDefinition:
    """One step. `arguments` is the request with expressions in it; `extras` are the type's own keys.

    `body` holds the steps that a ForEach repeats.
    """

    name: str
    type: str
    arguments: Mapping[str, Any]
    pointer: str
    depends_on: tuple[Dependency, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    cache: Mapping[str, Any] | None = None
    retry_policies: tuple[Mapping[str, Any], ...] = ()
    display_name: str | None = None
    description: str | None = None
    branch: Branch | None = None
    extras: Mapping[str, Any] | None = None
    body: tuple[StepDefinition, ...] = ()

    @cached_property
    def expressions(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """Every expression of the step itself, with its JSON pointer; the steps nested in it have their own."""
        nested = {"Condition": BRANCHES, "ForEach": (BODY,)}.get(self.type, ())
        own = {key: value for key, value in self.arguments.items() if key not in nested}
        return (
            *walk(own, f"{self.pointer}/Arguments"),
            *walk(self.extras or {}, self.pointer),
        )


@dataclass(frozen=True)
class Definition:
    parameters: tuple[ParameterDefinition, ...]
    steps: tuple[StepDefinition, ...]
    document: Mapping[str, Any]

    def step(self, name: str) -> StepDefinition:
        """The step called `name`; KeyError when there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


def canonical(document: object) -> str:
    """The one text of a document: sorted keys, two spaces, plain characters, a final newline."""
    return (
        json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def parse(source: str | Mapping[str, Any]) -> Definition:
    """Read a definition from JSON text or a document. Raises DefinitionError with every problem."""
    definition, problems = read(source)
    if problems:
        raise DefinitionError(problems)
    return definition


def read(source: str | Mapping[str, Any]) -> tuple[Definition, tuple[Problem, ...]]:
    """Read what can be read, and every problem met.

    Raises DefinitionError only when it is no JSON object, or too large to be looked at (size.py).
    """
    document = _load(source) if isinstance(source, str) else source
    if isinstance(source, str) and (problem := oversized(document, len(source))):
        raise DefinitionError([problem])
    reader = _Reader()
    definition = reader.definition(document)
    return definition, tuple(reader.problems)


def _load(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    # Of ValueErrors there is one that is no JSONDecodeError: a number with thousands of digits.
    except (ValueError, RecursionError) as error:
        raise DefinitionError([Problem("", f"not JSON: {error}")]) from error
    if not isinstance(document, dict):
        raise DefinitionError([Problem("", "Expecting start of Json Object.")])
    return document


class _Reader:
    """Collects problems instead of stopping at the first; the result counts only when there are none."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def definition(self, document: Mapping[str, Any]) -> Definition:
        if document.get("Version") != VERSION:
            self._problem("/Version", f"must be '{VERSION}' but got {document.get('Version')!r}")
        parameters = tuple(
            self._parameter(value, f"/Parameters/{index}")
            for index, value in enumerate(self._objects(document.get("Parameters"), "/Parameters"))
        )
        if "Steps" not in document:
            self._problem("", "'Steps' is missing")
        try:
            steps = tuple(self._steps(document.get("Steps"), "/Steps", None))
        except RecursionError:
            self._problem("/Steps", "nested too deeply")
            steps = ()
        return Definition(parameters, steps, document)

    def _parameter(self, value: Mapping[str, Any], pointer: str) -> ParameterDefinition:
        kind = value.get("Type", "String")
        known = kind in list(ParameterType)
        if not known:
            self._problem(f"{pointer}/Type", f"{kind!r} is none of {', '.join(ParameterType)}")
            kind = "String"
        default = value.get("DefaultValue")
        if known and default is not None and not _fits(default, ParameterType(kind)):
            self._problem(f"{pointer}/DefaultValue", f"{default!r} is not of type {kind}")
        allowed = self._list(value.get("EnumValues"), f"{pointer}/EnumValues")
        if allowed and default is not None and default not in allowed:
            self._problem(
                f"{pointer}/DefaultValue", f"{default!r} is none of {', '.join(map(str, allowed))}"
            )
        name = self._text(value, "Name", pointer)
        return ParameterDefinition(
            name, ParameterType(kind), default, tuple(allowed), value.get("Description")
        )

    def _steps(
        self, value: object, pointer: str, branch: Branch | None
    ) -> Iterator[StepDefinition]:
        for index, step in enumerate(self._objects(value, pointer)):
            where = f"{pointer}/{index}"
            read = self._step(step, where, branch)
            yield read
            if read.type == "Condition":
                for side in BRANCHES:
                    inner = read.arguments.get(side)
                    yield from self._steps(
                        inner, f"{where}/Arguments/{side}", Branch(read.name, side)
                    )

    def _step(
        self, value: Mapping[str, Any], pointer: str, branch: Branch | None
    ) -> StepDefinition:
        arguments = value.get("Arguments", {})
        if not isinstance(arguments, Mapping):
            self._problem(f"{pointer}/Arguments", "Expecting start of Json Object.")
            arguments = {}
        kind = self._text(value, "Type", pointer)
        return StepDefinition(
            name=self._text(value, "Name", pointer),
            type=kind,
            arguments=arguments,
            pointer=pointer,
            depends_on=self._dependencies(value.get("DependsOn"), f"{pointer}/DependsOn"),
            property_files=self._property_files(
                value.get("PropertyFiles"), f"{pointer}/PropertyFiles"
            ),
            cache=self._object(value.get("CacheConfig"), f"{pointer}/CacheConfig"),
            retry_policies=tuple(
                self._objects(value.get("RetryPolicies"), f"{pointer}/RetryPolicies")
            ),
            display_name=value.get("DisplayName"),
            description=value.get("Description"),
            branch=branch,
            extras={key: member for key, member in value.items() if key not in STEP_KEYS},
            body=self._body(kind, arguments, pointer),
        )

    def _body(
        self, kind: str, arguments: Mapping[str, Any], pointer: str
    ) -> tuple[StepDefinition, ...]:
        where = f"{pointer}/Arguments/{BODY}"
        entries = self._objects(arguments.get(BODY), where) if kind == "ForEach" else []
        return tuple(
            self._step(entry, f"{where}/{index}", None) for index, entry in enumerate(entries)
        )

    def _dependencies(self, value: object, pointer: str) -> tuple[Dependency, ...]:
        found = []
        for index, entry in enumerate(self._list(value, pointer)):
            if isinstance(entry, str):
                found.append(Dependency(entry))
            elif isinstance(entry, Mapping):
                where = f"{pointer}/{index}"
                found.append(
                    Dependency(
                        self._text(entry, "Step", where), str(entry.get("Trigger", "Completed"))
                    )
                )
            else:
                self._problem(f"{pointer}/{index}", "must be a step name")
        return tuple(found)

    def _property_files(self, value: object, pointer: str) -> tuple[PropertyFile, ...]:
        return tuple(
            PropertyFile(
                *(
                    self._text(entry, key, f"{pointer}/{index}")
                    for key in ("PropertyFileName", "OutputName", "FilePath")
                )
            )
            for index, entry in enumerate(self._objects(value, pointer))
        )

    def _text(self, value: Mapping[str, Any], key: str, pointer: str) -> str:
        text = value.get(key)
        if isinstance(text, str) and text:
            return text
        self._problem(pointer, f"'{key}' must be a non-empty string")
        return ""

    def _list(self, value: object, pointer: str) -> list[Any]:
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self._problem(pointer, "Expecting start of Json Array.")
        return []

    def _objects(self, value: object, pointer: str) -> list[Mapping[str, Any]]:
        entries = self._list(value, pointer)
        for index, entry in enumerate(entries):
            if not isinstance(entry, Mapping):
                self._problem(f"{pointer}/{index}", "Expecting start of Json Object.")
        return [entry if isinstance(entry, Mapping) else {} for entry in entries]

    def _object(self, value: object, pointer: str) -> Mapping[str, Any] | None:
        if value is None or isinstance(value, Mapping):
            return value
        self._problem(pointer, "Expecting start of Json Object.")
        return None

    def _problem(self, pointer: str, message: str) -> None:
        self.problems.append(Problem(pointer, message))


def _fits(value: object, kind: ParameterType) -> bool:
    if kind is ParameterType.BOOLEAN or isinstance(value, bool):
        return kind is ParameterType.BOOLEAN and isinstance(value, bool)
    types = {
        ParameterType.STRING: str,
        ParameterType.INTEGER: int,
        ParameterType.FLOAT: (int, float),
    }
    return isinstance(value, types[kind])  # type: ignore[arg-type]
