"""Events: of one stream by its tokens, of many streams by a search."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from runtime.api import ApiError
from runtime.job_logs import Event, Stream
from runtime.server.log_operations._shared import invalid, read_token, streams_of, token

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_MOST_EVENTS = 10_000
_MOST_BYTES = 1024 * 1024
_TOKEN = re.compile(r"([fb])/(\d{56})/s")
_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def get_log_events(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    """The forward token at the end of a stream is the one that was given: so a reader knows it has read all."""
    stream = _find(runtime, request)
    limit = request.get("limit", _MOST_EVENTS)
    size = stream.size()
    direction, place = _place(request, size)
    if direction == "f":
        matching = _within(request, stream.events(place))
        found = list(_one_answer(islice(matching, limit)))
    else:
        found = list(_within(request, stream.events_before(place)))[-limit:]
    ends = (found[0].start, found[-1].end) if found else (place, place)
    return {
        "events": [_event(event) for event in found],
        "nextForwardToken": f"f/{ends[1]:056d}/s",
        "nextBackwardToken": f"b/{ends[0]:056d}/s",
    }


def filter_log_events(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
    if names and prefix:
        raise invalid("Only one of logStreamNames and logStreamNamePrefix may be given.")
    matches = _matcher(request.get("filterPattern", ""))
    streams = streams_of(runtime, request, prefix)
    if names:
        streams = [stream for stream in streams if stream.name in names]
    after = _read_place(request)
    start = max(request.get("startTime", 0), after[0] if after else 0)
    each = (_within(request, stream.events(stream.start_of(start))) for stream in streams)
    ordered = heapq.merge(*each, key=lambda event: event.place)
    rest = (event for event in ordered if after is None or event.place > after)
    matching = (event for event in rest if matches(event.message))
    limit = request.get("limit", _MOST_EVENTS)
    found = list(_one_answer(islice(matching, limit)))
    answer: dict[str, Any] = {
        "events": [
            {**_event(event), "logStreamName": event.stream, "eventId": event.id} for event in found
        ],
        "searchedLogStreams": [],  # deprecated: always empty since 2019
    }
    if found and next(matching, None) is not None:
        answer["nextToken"] = token(found[-1].place)
    return answer


def _find(runtime: Runtime, request: dict[str, Any]) -> Stream:
    name = request["logStreamName"]
    for stream in streams_of(runtime, request, name):
        if stream.name == name:
            return stream
    raise ApiError("ResourceNotFoundException", "The specified log stream does not exist.")


def _place(request: dict[str, Any], size: int) -> tuple[str, int]:
    """Which way to read, and from which byte on."""
    text = request.get("nextToken")
    if not text:
        return ("f", 0) if request.get("startFromHead") else ("b", size)
    match = _TOKEN.fullmatch(text)
    if match is None or int(match[2]) > size:
        raise invalid("The specified nextToken is invalid.")
    return match[1], int(match[2])


def _within(request: dict[str, Any], events: Iterable[Event]) -> Iterator[Event]:
    """From startTime on, before endTime."""
    first, last = request.get("startTime", 0), request.get("endTime")
    for event in events:
        if last is not None and event.timestamp >= last:
            return
        if event.timestamp >= first:
            yield event


def _one_answer(events: Iterable[Event]) -> Iterator[Event]:
    """As many as one answer may hold, at least one."""
    total = 0
    for event in events:
        total += event.end - event.start
        yield event
        if total >= _MOST_BYTES:
            return


def _event(event: Event) -> dict[str, Any]:
    return {
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.timestamp,
    }


def _read_place(request: dict[str, Any]) -> tuple[int, str, int] | None:
    if not request.get("nextToken"):
        return None
    moment, stream, start = read_token(request["nextToken"], 3)
    if not (isinstance(moment, int) and isinstance(stream, str) and isinstance(start, int)):
        raise invalid("The specified nextToken is invalid.")
    return moment, stream, start


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Terms that must be there, that must not (-), or of which one must be (?). Raises ApiError for other patterns."""
    if pattern.lstrip()[:1] in ("{", "[", "%"):
        raise invalid(
            'Invalid filter pattern: the local runtime knows terms, "phrases", -terms and ?terms.'
        )
    terms: dict[str, list[str]] = {"": [], "-": [], "?": []}
    for sign, phrase, word in _TERM.findall(pattern):
        terms[sign].append(re.sub(r"\\(.)", r"\1", phrase) or word)

    def matches(message: str) -> bool:
        return (
            all(term in message for term in terms[""])
            and not any(term in message for term in terms["-"])
            and (not terms["?"] or any(term in message for term in terms["?"]))
        )

    return matches
