"""What differs between two definition documents, by step and parameter name instead of by position. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Members that name the entries of the lists in a definition; the first that all entries have is the key.
_NAMES = ("Name", "InputName", "OutputName", "ChannelName", "PropertyFileName", "MetricName", "Key")


@dataclass(frozen=True)
class Change:
    """One difference: `sign` is + (new), - (gone) or ~ (other value); `path` is for reading."""

    sign: str
    path: str
    before: Any = None
    after: Any = None


def differences(before: str, after: str) -> tuple[Change, ...]:
    """Compare two JSON texts; layout, key order and the order of named entries do not count."""
    try:
        old = json.loads(before)
    except (ValueError, RecursionError):
        return (Change("~", "definition", "not JSON", "this definition"),)
    return tuple(_compare("", old, json.loads(after)))


def _compare(path: str, before: Any, after: Any) -> Iterator[Change]:
    old, new = _named(before), _named(after)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _member(f"{path}.{key}".lstrip("."), key, old, new)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _compare(f"{path}[{index}]", *pair)
    elif type(before) is not type(after) or before != after:
        yield Change("~", path, before, after)


def _member(
    path: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    if key not in old:
        yield Change("+", path, after=new[key])
    elif key not in new:
        yield Change("-", path, before=old[key])
    else:
        yield from _compare(path, old[key], new[key])


def _named(value: Any) -> Any:
    """A list whose entries have unique names as a mapping; anything else as it is."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return value
    if not all(isinstance(entry, Mapping) for entry in value):
        return value
    for member in _NAMES:
        keys = [entry.get(member) for entry in value]
        if all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys):
            return dict(zip(keys, value, strict=True))
    return value
