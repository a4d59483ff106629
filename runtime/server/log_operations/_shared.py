"""What the operations share: finding groups and streams, tokens, refusals in the service's words."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from runtime.api import ApiError
from runtime.job_logs import GROUPS, Stream

if TYPE_CHECKING:
    from runtime.runtime import Runtime


def group_of(request: dict[str, Any]) -> str:
    """The group a request names, by name or by ARN; empty when it names none."""
    named = request.get("logGroupName") or request.get("logGroupIdentifier") or ""
    return str(named).partition(":log-group:")[2].partition(":")[0] or str(named)


def streams_of(runtime: Runtime, request: dict[str, Any], prefix: str = "") -> list[Stream]:
    """The streams of the request's group. Raises ApiError."""
    group = group_of(request)
    found = list(runtime.logs.streams(group, prefix)) if group in GROUPS else []
    if not found and group not in runtime.logs.groups():
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)


def token(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def read_token(text: str, length: int) -> list[Any]:
    """What `token` was given, a list of so many values. Raises ApiError."""
    try:
        place = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (ValueError, RecursionError) as error:
        raise invalid("The specified nextToken is invalid.") from error
    if not isinstance(place, list) or len(place) != length:
        raise invalid("The specified nextToken is invalid.")
    return place
