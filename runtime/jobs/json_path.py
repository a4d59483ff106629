"""The subset of JSONPath that DataProcessing's filters may use, and what it selects.

`$`, `.name`, `.*`, `[*]`, `['a','b']`, `[0,-1]`, `[1:4]`; one range may stand among indexes (`[0,5:]`), and a dot
may stand before a bracket. **Both ends of a range are in it**: the developer guide says "inclusive", `$[1:4]` is the
second to the fifth column. An index or the end of a range beyond the array is an error, a missing name too; after a
wildcard, a range or several indexes (the result is a list then) elements without the name are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_NAME = r"'[^'\[\]]*'"
_INDEX = r"-?\d+"
_RANGE = rf"(?:{_INDEX})?\s*:\s*(?:{_INDEX})?"
_ITEM = rf"(?:{_RANGE}|{_INDEX})"
_STEP = re.compile(
    rf"""\.(?P<name>[^.\[\]'*,:\s]+)
       | (?:\.\*|\.?\[\s*\*\s*\])(?P<all>)
       | \.?\[\s*(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)\s*\]
       | \.?\[\s*(?P<items>{_ITEM}(?:\s*,\s*{_ITEM})*)\s*\]""",
    re.VERBOSE,
)
_ALLOWED = "'.name', '.*', \"['name']\", '[index]' or '[start:end]'"


class JsonPathError(Exception):
    """A path is not of the subset, or a document has not what it names; the message says which."""


@dataclass(frozen=True)
class Names:
    names: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """Both ends are in it; None is the first, or the last, element."""

    start: int | None
    end: int | None


@dataclass(frozen=True)
class Items:
    items: tuple[int | Range, ...]


@dataclass(frozen=True)
class Wildcard:
    pass


Step = Names | Items | Wildcard
JsonPath = tuple[Step, ...]


def parse(text: str) -> JsonPath:
    """Read a path; `$`, and the empty text, select the whole document. Raises JsonPathError."""
    text = text.strip() or "$"
    if not text.startswith("$"):
        raise JsonPathError(f"Invalid JsonPath: {text}: it must start with '$'")
    steps: list[Step] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise JsonPathError(
                f"Invalid JsonPath: {text}: '{text[position:]}' is not understood; expected {_ALLOWED}"
            )
        steps.append(_step(match, text))
        position = match.end()
    return tuple(steps)


def select(path: JsonPath, document: Any) -> Any:
    """What the path selects: one value, or the list of them after a step that may select several. Raises JsonPathError."""
    found, several = [document], False
    for step in path:
        found = [part for value in found for part in _parts(step, value, lenient=several)]
        several = several or not _is_single(step)
    return found if several else found[0]


def _step(match: re.Match[str], text: str) -> Step:
    if match["name"] is not None:
        return Names((match["name"],))
    if match["names"] is not None:
        return Names(tuple(re.findall(r"'([^']*)'", match["names"])))
    if match["items"] is None:
        return Wildcard()
    items = tuple(_item(item) for item in match["items"].split(","))
    if sum(isinstance(item, Range) for item in items) > 1:
        raise JsonPathError(
            f"Invalid JsonPath: {text}: only single range filters of format (eg: [1:5]) are supported. "
            f"Format [{match['items']}] is not supported"
        )
    return Items(items)


def _item(text: str) -> int | Range:
    start, colon, end = (part.strip() for part in text.partition(":"))
    if not colon:
        return int(start)
    return Range(int(start) if start else None, int(end) if end else None)


def _is_single(step: Step) -> bool:
    if isinstance(step, Items):
        return len(step.items) == 1 and isinstance(step.items[0], int)
    return isinstance(step, Names)


def _parts(step: Step, value: Any, *, lenient: bool) -> list[Any]:
    try:
        if isinstance(step, Names):
            return [_named(step.names, value)]
        if isinstance(step, Items):
            return _indexed(step.items, value)
        return _all(value)
    except JsonPathError:
        if lenient:
            return []
        raise


def _named(names: tuple[str, ...], value: Any) -> Any:
    """The value of one name; of several, the object that has only those."""
    if not isinstance(value, dict):
        raise JsonPathError(f"'{names[0]}' was looked for in {_kind(value)}, not in an object")
    for name in names:
        if name not in value:
            raise JsonPathError(f"the object has no attribute '{name}'; it has: {', '.join(value)}")
    return value[names[0]] if len(names) == 1 else {name: value[name] for name in names}


def _indexed(items: tuple[int | Range, ...], value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise JsonPathError(f"an index was used on {_kind(value)}, not on an array")
    found = []
    for item in items:
        if isinstance(item, int):
            found.append(value[_place(item, value)])
        else:
            found += _section(item, value)
    return found


def _section(section: Range, values: list[Any]) -> list[Any]:
    start = 0 if section.start is None else _place(section.start, values)
    end = len(values) - 1 if section.end is None else _place(section.end, values)
    if start > end:
        raise JsonPathError(f"the range from {start} to {end} has no elements")
    return values[start : end + 1]


def _place(index: int, values: list[Any]) -> int:
    place = index + len(values) if index < 0 else index
    if not 0 <= place < len(values):
        raise JsonPathError(f"the index {index} is not within the {len(values)} elements")
    return place


def _all(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    if isinstance(value, list):
        return value
    raise JsonPathError(f"'*' was used on {_kind(value)}, not on an object or array")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
