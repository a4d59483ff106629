"""What differs between two definition documents, by names instead of positions. Pure.

A definition says the same when its steps, parameters, channels or other named entries stand in another order, when
the members of a set do (DependsOn, EnumValues, the ANDed Conditions), when an empty list is left out, or when 1 is
written 1.0. A step is found by its name wherever it stands; the branch of a condition it belongs to is a member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.definition.document import BRANCHES

# Members that name the entries of the lists in a definition; the first that all entries have is the key.
_NAMES = ("Name", "InputName", "OutputName", "ChannelName", "PropertyFileName", "MetricName", "Key")
# Lists whose order says nothing.
_SETS = {"DependsOn", "EnumValues", "Conditions", "ExceptionType"}
# Members that say the same when they are empty as when they are left out.
_OPTIONAL = ("Parameters", "Metadata", "DependsOn", "RetryPolicies", "PropertyFiles")
# Of these the entries are new or gone when the list is.
_ENTRIES = ("Parameters", "DependsOn")
# Segment of a path -> what a change beneath it is about; the last segment that is found here counts.
_KINDS = {
    "Parameters": "parameter",
    "Steps": "step",
    "HyperParameters": "hyperparameter",
    "StaticHyperParameters": "hyperparameter",
    "ContinuousParameterRanges": "range",
    "IntegerParameterRanges": "range",
    "CategoricalParameterRanges": "range",
    "InputDataConfig": "channel",
    "ProcessingInputs": "channel",
    "Conditions": "condition",
    "DependsOn": "edge",
    "Branch": "edge",
    "CacheConfig": "cache",
    "RoleArn": "role",
    "Tags": "tag",
}
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One difference: `sign` is + (new), - (gone) or ~ (other value); `path` is for reading.

    `kind` is parameter, step, channel, hyperparameter, range, condition, edge, cache, asset, role, tag,
    parallelism, description or definition; it follows from the path and the values, so it is not compared.
    """

    sign: str
    path: str
    before: Any = None
    after: Any = None
    kind: str = field(default="definition", compare=False)


def differences(before: str, after: str) -> tuple[Change, ...]:
    """Compare two JSON texts. `after` must be a JSON object; `before` may be anything."""
    try:
        old = json.loads(before)
    except (ValueError, RecursionError):
        return (Change("~", "definition", "not JSON", "this definition"),)
    try:
        return tuple(document_differences(old, json.loads(after)))
    except RecursionError:
        return (Change("~", "definition", "nested too deeply", "this definition"),)


def document_differences(before: Any, after: Any) -> Iterator[Change]:
    """Compare two documents."""
    yield from _compare((), _flat(before), _flat(after))


def value_differences(before: Any, after: Any) -> Iterator[Change]:
    """Compare two values inside of documents, such as the requests of a step."""
    yield from _compare((), before, after)


def is_asset(before: Any, after: Any) -> bool:
    """Whether both are addresses of the same file with other content."""
    if not (isinstance(before, str) and isinstance(after, str)) or before == after:
        return False
    return bool(_DIGEST.search(before)) and _DIGEST.sub("", before) == _DIGEST.sub("", after)


def same_number(before: Any, after: Any) -> bool:
    """Whether both are numbers of one value; true is not one."""
    numbers = (int, float)
    if isinstance(before, bool) or isinstance(after, bool):
        return False
    return isinstance(before, numbers) and isinstance(after, numbers) and before == after


def _flat(document: Any) -> Any:
    """The document with every step under its name, nested ones too; as it is where names are not unique."""
    if not isinstance(document, Mapping):
        return document
    flat = _without_empty(document)
    steps = list(_steps(document.get("Steps"), None))
    names = [name for name, _ in steps]
    if steps and all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        flat["Steps"] = dict(steps)
    return flat


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if not (k in _OPTIONAL and v in ([], {}))}


def _steps(entries: Any, branch: str | None) -> Iterator[tuple[Any, Any]]:
    """(name, step) of every step; a step in a branch says which in `Branch`, a condition keeps no branches."""
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, Mapping):
            yield None, entry
            continue
        step = _without_empty(entry)
        if branch is not None:
            step["Branch"] = branch
        arguments = step.get("Arguments")
        if step.get("Type") == "Condition" and isinstance(arguments, Mapping):
            step["Arguments"] = {k: v for k, v in arguments.items() if k not in BRANCHES}
            for side in BRANCHES:
                yield from _steps(arguments.get(side), f"{step.get('Name')}.{side}")
        yield step.get("Name"), step


def _compare(path: _Path, before: Any, after: Any) -> Iterator[Change]:
    old, new = _pair(path, before, after)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _members(path, old, new)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _compare((*path[:-1], f"{path[-1] if path else ''}[{index}]"), *pair)
    elif not same_number(before, after) and (type(before) is not type(after) or before != after):
        yield _change("~", path, before, after)


def _pair(path: _Path, before: Any, after: Any) -> tuple[Any, Any]:
    """Both values in the form they are compared in; an empty list is like any list of named entries."""
    last = path[-1] if path else ""
    old, new = _named(last, before), _named(last, after)
    if before == [] and isinstance(after, list) and isinstance(new, Mapping):
        old = {}
    if after == [] and isinstance(before, list) and isinstance(old, Mapping):
        new = {}
    return old, new


def _members(path: _Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    gone = [key for key in old if key not in new]
    fresh = [key for key in new if key not in old]
    if path and path[-1] == "Conditions":
        yield from _conditions(path, [old[key] for key in gone], [new[key] for key in fresh])
        return
    for key in new:
        if key in old:
            yield from _compare((*path, key), old[key], new[key])
        elif key in _ENTRIES:
            yield from _compare((*path, key), [], new[key])
        else:
            yield _change("+", (*path, key), None, new[key])
    for key in gone:
        if key in _ENTRIES:
            yield from _compare((*path, key), old[key], [])
        else:
            yield _change("-", (*path, key), old[key], None)


def _conditions(path: _Path, gone: list[Any], fresh: list[Any]) -> Iterator[Change]:
    """Nothing names a condition: of one that has gone and one that is new, one has changed."""
    if len(gone) == len(fresh) == 1:
        yield _change("~", path, gone[0], fresh[0])
        return
    for condition in fresh:
        yield _change("+", path, None, condition)
    for condition in gone:
        yield _change("-", path, condition, None)


def _change(sign: str, path: _Path, before: Any, after: Any) -> Change:
    return Change(sign, ".".join(path), before, after, _kind(path, before, after))


def _kind(path: _Path, before: Any, after: Any) -> str:
    if is_asset(before, after):
        return "asset"
    return next((_KINDS[part] for part in reversed(path) if part in _KINDS), "definition")


def _named(member: str, value: Any) -> Any:
    """A list whose entries have unique names, or that is a set, as a mapping; anything else as it is."""
    if not isinstance(value, list) or not value:
        return value
    if member in _SETS:
        return _labelled(value)
    if not all(isinstance(entry, Mapping) for entry in value):
        return value
    for name in _NAMES:
        keys = [entry.get(name) for entry in value]
        if all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys):
            return dict(zip(keys, value, strict=True))
    return value


def _labelled(entries: list[Any]) -> dict[str, Any]:
    """A set under labels made of the entries themselves; a repeated entry counts as often as it stands there."""
    labelled: dict[str, Any] = {}
    for entry in entries:
        label = text = entry if isinstance(entry, str) else json.dumps(entry, sort_keys=True)
        number = 1
        while label in labelled:
            number += 1
            label = f"{text} #{number}"
        labelled[label] = entry
    return labelled
