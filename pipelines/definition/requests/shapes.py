"""Compiles the shapes of botocore's service model into functions: request readers and answer cutters.

A reader returns a copy with the known members that have a value, and collects broken constraints in the
service's words. A type that does not fit at all ends the reading, as it does at the service.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.definition.requests.patterns import matcher

Reader = Callable[[Any, str, list[str]], Any]
Cutter = Callable[[Any], Any]
Shape = Mapping[str, Any]
_SHOWN = 512  # characters of a refused value
# Texts longer than this are not worth a regular expression: their length is refused already.
_LONGEST_CHECKED = 1 << 20


class Mistyped(ValueError):
    """A value whose type does not fit its place; reading ends there."""


class Shapes:
    """Readers and cutters by shape name, compiled on first use; recursive shapes are fine. One thread at a time."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self._readers: dict[str, Reader] = {}
        self._cutters: dict[str, Cutter | None] = {}

    def reader(self, name: str) -> Reader:
        if name not in self._readers:
            # Registered before it is compiled, so that a shape may contain itself.
            self._readers[name] = lambda value, path, found: self._readers[name](value, path, found)
            shape = self._shapes[name]
            compile_reader = {
                "structure": self._structure_reader,
                "list": self._list_reader,
                "map": self._map_reader,
            }.get(shape["type"], _scalar_reader)
            self._readers[name] = compile_reader(shape)
        return self._readers[name]

    def cutter(self, name: str) -> Cutter | None:
        """None stands for a shape whose values pass as they are."""
        if name not in self._cutters:
            self._cutters[name] = lambda value: self._cut(name, value)
            self._cutters[name] = self._compile_cutter(self._shapes[name])
        return self._cutters[name]

    def _cut(self, name: str, value: Any) -> Any:
        cut = self._cutters[name]
        return cut(value) if cut else value

    def _structure_reader(self, shape: Shape) -> Reader:
        required = frozenset(shape.get("required", ()))
        members = [
            (name, name[0].lower() + name[1:], self.reader(member["shape"]), name in required)
            for name, member in shape["members"].items()
        ]

        def read(value: Any, path: str, found: list[str]) -> Any:
            if not isinstance(value, Mapping):
                raise _mistyped(value, path, "a structure")
            known = {}
            for name, label, reader, is_required in members:
                where = f"{path}.{label}" if path else label
                given = value.get(name)
                if given is not None:
                    known[name] = reader(given, where, found)
                elif is_required:
                    found.append(_broken("null", where, "Member must not be null"))
            return known

        return read

    def _list_reader(self, shape: Shape) -> Reader:
        reader = self.reader(shape["member"]["shape"])
        limits = _size_check(shape)

        def read(value: Any, path: str, found: list[str]) -> Any:
            if not isinstance(value, list | tuple):
                raise _mistyped(value, path, "a list")
            found.extend(_broken(_quoted(value), path, text) for text in limits(len(value)))
            return [
                reader(entry, f"{path}.{index}.member", found)
                for index, entry in enumerate(value, start=1)
                if entry is not None
            ]

        return read

    def _map_reader(self, shape: Shape) -> Reader:
        key_reader = self.reader(shape["key"]["shape"])
        reader = self.reader(shape["value"]["shape"])
        limits = _size_check(shape)

        def read(value: Any, path: str, found: list[str]) -> Any:
            if not isinstance(value, Mapping):
                raise _mistyped(value, path, "a map")
            found.extend(_broken(_quoted(value), path, text) for text in limits(len(value)))
            return {
                key_reader(key, f"{path}.key", found): reader(entry, f"{path}.{key}.member", found)
                for key, entry in value.items()
                if entry is not None
            }

        return read

    def _compile_cutter(self, shape: Shape) -> Cutter | None:
        if shape["type"] == "structure":
            members = {name: self.cutter(m["shape"]) for name, m in shape["members"].items()}
            return lambda value: {
                name: cut(entry) if (cut := members[name]) else entry
                for name, entry in value.items()
                if entry is not None and name in members
            }
        if shape["type"] == "list" and (member := self.cutter(shape["member"]["shape"])):
            return lambda value: [member(entry) for entry in value]
        if shape["type"] == "map" and (inner := self.cutter(shape["value"]["shape"])):
            return lambda value: {key: inner(entry) for key, entry in value.items()}
        if shape["type"] == "timestamp":
            return lambda value: round(value, 3)  # the service answers in milliseconds
        return None


def _scalar_reader(shape: Shape) -> Reader:
    kind = shape["type"]
    convert = _CONVERSIONS[kind]
    checks = _text_checks(shape) if kind == "string" else _number_checks(shape)

    def read(value: Any, path: str, found: list[str]) -> Any:
        converted = convert(value, path)
        texts = [text for check in checks if (text := check(converted))]
        found.extend(_broken(_quoted(value), path, text) for text in texts)
        return converted

    return read


def _text_checks(shape: Shape) -> list[Callable[[str], str | None]]:
    checks: list[Callable[[str], str | None]] = []
    if "min" in shape or "max" in shape:
        limits = _size_check(shape)
        checks.append(lambda text: next(iter(limits(len(text))), None))
    if pattern := shape.get("pattern"):
        matches = matcher(pattern)
        longest = min(shape.get("max", _LONGEST_CHECKED), _LONGEST_CHECKED)
        message = f"Member must satisfy regular expression pattern: {pattern}"
        checks.append(lambda text: None if len(text) > longest or matches(text) else message)
    if allowed := shape.get("enum"):
        choice = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        checks.append(lambda text: None if text in allowed else choice)
    return checks


def _number_checks(shape: Shape) -> list[Callable[[Any], str | None]]:
    low, high = shape.get("min"), shape.get("max")
    checks: list[Callable[[Any], str | None]] = []
    if shape["type"] not in ("integer", "long", "float", "double"):
        return checks
    if low is not None:
        text = f"Member must have value greater than or equal to {low}"
        checks.append(lambda number: text if number < low else None)
    if high is not None:
        other = f"Member must have value less than or equal to {high}"
        checks.append(lambda number: other if number > high else None)
    return checks


def _size_check(shape: Shape) -> Callable[[int], list[str]]:
    low, high = shape.get("min", 0), shape.get("max")

    def check(size: int) -> list[str]:
        if size < low:
            return [f"Member must have length greater than or equal to {low}"]
        if high is not None and size > high:
            return [f"Member must have length less than or equal to {high}"]
        return []

    return check


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _mistyped(value, path, "a String")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair: valid JSON, but no text
        raise _mistyped(value, path, "a String") from error
    return value


def _integer(value: Any, path: str) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise _mistyped(value, path, "an Integer")
    return int(value)


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) == math.inf:
        raise _mistyped(value, path, "a Number")
    return value


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _mistyped(value, path, "a Boolean")
    return value


def _blob(value: Any, path: str) -> str:
    """Blobs stay base64 texts: documents are JSON."""
    try:
        base64.b64decode(_text(value, path), validate=True)
    except ValueError as error:
        raise _mistyped(value, path, "a Blob") from error
    return str(value)


_CONVERSIONS: dict[str, Callable[[Any, str], Any]] = {
    "string": _text,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "timestamp": _number,
    "boolean": _boolean,
    "blob": _blob,
}


def _broken(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[:_SHOWN]}...'"


def _mistyped(value: Any, path: str, wanted: str) -> Mistyped:
    kind = {str: "STRING_VALUE", bool: "BOOLEAN_VALUE", dict: "A structure", list: "A list"}.get(
        type(value), "NUMBER_VALUE"
    )
    return Mistyped(
        f"{kind} can not be converted to {wanted} at '{path or 'the top of the request'}'"
    )
