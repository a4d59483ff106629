"""Groups and streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.job_logs import GROUPS, Stream
from runtime.server.log_operations._shared import group_of, invalid, read_token, streams_of, token

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_PAGE = 50


def describe_log_groups(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    prefix, part = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
    wanted = [group_of({"logGroupIdentifier": i}) for i in request.get("logGroupIdentifiers") or []]
    found = [
        group
        for group in sorted(runtime.logs.groups())
        if group.startswith(prefix) and part in group and (not wanted or group in wanted)
    ]
    after = read_token(request["nextToken"], 1)[0] if request.get("nextToken") else ""
    found = [group for group in found if group > str(after)]
    size = request.get("limit", _PAGE)
    answer: dict[str, Any] = {"logGroups": [_group(runtime, name) for name in found[:size]]}
    if len(found) > size:
        answer["nextToken"] = token([found[size - 1]])
    return answer


def describe_log_streams(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    prefix = request.get("logStreamNamePrefix", "")
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    descending = bool(request.get("descending"))

    def place(stream: Stream) -> list[Any]:
        times = stream.first_and_last() if by_time else None
        return [times[1] if times else 0, stream.name]

    found = sorted(streams_of(runtime, request, prefix), key=place, reverse=descending)
    if text := request.get("nextToken"):
        last = read_token(text, 2)
        try:
            found = [s for s in found if (place(s) < last if descending else place(s) > last)]
        except TypeError as error:  # a token of somebody's own making
            raise invalid("The specified nextToken is invalid.") from error
    size = request.get("limit", _PAGE)
    described = [_stream(runtime, request, stream) for stream in found[:size]]
    answer: dict[str, Any] = {"logStreams": described}
    if len(found) > size:
        answer["nextToken"] = token(place(found[size - 1]))
    return answer


def _group(runtime: Runtime, name: str) -> dict[str, Any]:
    arn = _arn(runtime, name)
    streams = list(runtime.logs.streams(name))
    return {
        "logGroupName": name,
        "creationTime": min(stream.created for stream in streams),
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "logGroupClass": "STANDARD",
        "storedBytes": sum(stream.path.stat().st_size for stream in streams),
    }


def _stream(runtime: Runtime, request: dict[str, Any], stream: Stream) -> dict[str, Any]:
    described: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": f"{_arn(runtime, group_of(request))}:log-stream:{stream.name}",
        "storedBytes": 0,  # the service answers 0 since 2019
    }
    if times := stream.first_and_last():
        described |= {
            "firstEventTimestamp": times[0],
            "lastEventTimestamp": times[1],
            "lastIngestionTime": times[1],
        }
    return described


def _arn(runtime: Runtime, group: str) -> str:
    assert group in GROUPS
    settings = runtime.settings
    return f"arn:aws:logs:{settings.region}:{settings.account}:log-group:{group}"
