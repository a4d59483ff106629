"""What List* operations share (filter, sort, page), and a few refusals in the service's words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.api import ApiError

Entry = Mapping[str, Any]
# Where an entry stands in a sorted list; entries without the value come first, ties are settled by name.
Place = tuple[bool, Any, str]
_DEFAULT_PAGE = 100
_FOREIGN_PAGE = "The NextToken was not issued for this list; start again without it."


@dataclass(frozen=True)
class Listing:
    """How one List* operation reads its documents.

    `member` is the output's list; `name` the document's member that SortBy=Name and NameContains use; `key` the one
    that is unique in the list, where the name is not; `sort` maps further SortBy values to members.
    """

    member: str
    name: str
    status: str | None = None
    created: str = "CreationTime"
    modified: str = "LastModifiedTime"
    sort_by: str = "CreationTime"
    descending: bool = False
    page_size: int = _DEFAULT_PAGE
    key: str = ""
    sort: Mapping[str, str] = field(default_factory=dict)

    def sort_member(self, request: Entry) -> str:
        own = {"Name": self.name, "CreationTime": self.created, **self.sort}
        if self.status:
            own.setdefault("Status", self.status)
        return own[request.get("SortBy", self.sort_by)]


def page(request: Entry, entries: Iterable[Entry], listing: Listing) -> dict[str, Any]:
    """One page of a List* answer: filters first, then order, then the page. Raises ApiError for a bad NextToken."""
    member = listing.sort_member(request)
    order = request.get("SortOrder", "Descending" if listing.descending else "Ascending")
    descending = order == "Descending"

    def place(entry: Entry) -> Place:
        value = entry.get(member)
        return value is not None, value, str(entry.get(listing.key or listing.name, ""))

    found = sorted(
        (entry for entry in entries if _matches(request, entry, listing)),
        key=place,
        reverse=descending,
    )
    context = f"{listing.member}:{member}:{order}"
    if token := request.get("NextToken"):
        last = _read_token(token, context)
        try:
            found = [e for e in found if (place(e) < last if descending else place(e) > last)]
        except TypeError as error:  # a token of somebody's own making
            raise invalid(_FOREIGN_PAGE) from error
    size = request.get("MaxResults") or listing.page_size
    answer: dict[str, Any] = {listing.member: found[:size]}
    if len(found) > size:
        answer["NextToken"] = _token(place(found[size - 1]), context)
    return answer


def _matches(request: Entry, entry: Entry, listing: Listing) -> bool:
    name = str(entry.get(listing.name, "")).lower()
    if request.get("NameContains", "").lower() not in name:
        return False
    status = request.get("StatusEquals")
    if status is not None and (not listing.status or entry.get(listing.status) != status):
        return False
    return all(
        _within(request, prefix, entry.get(member) or 0)
        for prefix, member in (
            ("Created", listing.created),
            ("CreationTime", listing.created),
            ("LastModifiedTime", listing.modified),
        )
    )


def _within(request: Entry, prefix: str, moment: float) -> bool:
    after, before = request.get(f"{prefix}After"), request.get(f"{prefix}Before")
    return (after is None or moment > after) and (before is None or moment < before)


def _token(place: Place, context: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([context, *place]).encode()).decode()


def _read_token(token: str, context: str) -> Place:
    try:
        found, present, value, name = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid(_FOREIGN_PAGE) from error
    if found != context or not isinstance(present, bool) or not isinstance(name, str):
        raise invalid(_FOREIGN_PAGE)
    return present, value, name


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def not_found(message: str) -> ApiError:
    """For the newer resource types (pipelines, executions, tuning jobs); older ones use `invalid`."""
    return ApiError("ResourceNotFound", message)


def conflict(message: str) -> ApiError:
    return ApiError("ConflictException", message)
