"""What a change set would do to a stack, as data; read from DescribeChangeSet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SIGNS = {"Add": "+", "Import": "+", "Remove": "-"}
_NOTES = {"Import": "takes over what is there", "Dynamic": "decided when it runs"}
_REPLACED = {"True": "is replaced", "Conditional": "may be replaced"}
# How CloudFormation says that there is nothing to do: a failed change set with one of these reasons.
_EMPTY = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Detail:
    """A property that changes; None where CloudFormation does not say the value."""

    property: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class ResourceChange:
    """`sign` is +, ~ or -; `note` is what the reader should know of it; `replaced`: another takes its place, or may."""

    sign: str
    resource: str
    type: str
    note: str = ""
    replaced: bool = False
    details: tuple[Detail, ...] = ()


def says_nothing_to_do(reason: str) -> bool:
    """Whether a change set failed only because the stack is up to date."""
    return any(each in reason for each in _EMPTY)


def read(changes: list[dict[str, Any]]) -> tuple[ResourceChange, ...]:
    """The changes of DescribeChangeSet, in its order."""
    return tuple(_resource(each["ResourceChange"]) for each in changes if "ResourceChange" in each)


def _resource(change: Mapping[str, Any]) -> ResourceChange:
    action = change["Action"]
    note = _NOTES.get(action) or _REPLACED.get(change.get("Replacement", ""), "")
    if action == "Remove" and change.get("PolicyAction") == "Retain":
        note = "leaves the stack and stays"
    return ResourceChange(
        _SIGNS.get(action, "~"),
        change["LogicalResourceId"],
        change["ResourceType"],
        note,
        change.get("Replacement") in _REPLACED,
        _details(change.get("Details", [])),
    )


def _details(found: list[dict[str, Any]]) -> tuple[Detail, ...]:
    """One for each property: CloudFormation lists a property once for every cause it has."""
    details: dict[str, Detail] = {}
    for each in found:
        target = each.get("Target", {})
        # Path is exact and has values beside it; Name is the property at the top.
        where = target.get("Path") or target.get("Name") or target.get("Attribute", "?")
        detail = Detail(where, target.get("BeforeValue"), target.get("AfterValue"))
        details[where] = detail if where not in details or detail.after else details[where]
    return tuple(details.values())
