"""Live updates: any page again, as a server-sent event, whenever it has changed.

A page is a function of what the API answers, so the stream makes it anew and sends it when it differs. The browser
puts the parts marked data-live in place (static/live.js). Pages that show the clock would change without end: they
write when something began, and the browser counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from runtime.api import ApiError
from runtime.ui.routes import Route
from runtime.ui.site import Site
from runtime.ui.streams import Place
from runtime.ui.web import Refused, Request, Response

_PAUSE = 0.3  # seconds between two looks, longer for pages that are slow to make
_IDLE_SHARE = 6  # a stream rests this many times longer than it works
_KEEP_ALIVE = 2.0  # seconds; writing finds out that the browser has gone
_LONGEST = 600.0  # seconds; the browser then connects again


def stream(site: Site, request: Request) -> Response:
    path, _, query = request.query.get("page", "").partition("?")
    watched = Request("GET", path, dict(parse_qsl(query, keep_blank_values=True)))
    _page(site, watched)  # what cannot be watched is refused before the stream begins
    place = site.places.take(request.query.get("window", ""))
    if place is None:
        raise Refused(503, "Too many pages are being followed; this one is asked for now and then.")
    return Response(_Stream(site, watched, request, place), content_type="text/event-stream")


class _Stream:
    """Gives its place back however it ends: WSGI servers call `close`."""

    def __init__(self, site: Site, watched: Request, request: Request, place: Place) -> None:
        self._place = place
        self._events = _events(site, watched, lambda: place.left or request.closing())

    def __iter__(self) -> Iterator[bytes]:
        return self._events

    def close(self) -> None:
        self._place.leave()


def _events(site: Site, watched: Request, ended: Callable[[], bool]) -> Iterator[bytes]:
    last, began = "", time.monotonic()
    heard = began
    yield b"retry: 2000\n\n"
    while not ended() and time.monotonic() - began < _LONGEST:
        looked = time.monotonic()
        try:
            text = _page(site, watched)
        except (Refused, ApiError):
            yield b"event: gone\ndata:\n\n"
            return
        if text != last:
            last, heard = text, looked
            yield _event(text)
        elif looked - heard > _KEEP_ALIVE:
            heard = looked
            yield b":\n\n"
        pause = max(_PAUSE, _IDLE_SHARE * (time.monotonic() - looked))
        _rest(pause, ended)


def _rest(pause: float, ended: Callable[[], bool]) -> None:
    """Wait, in pieces short enough for a server that wants to end."""
    until = time.monotonic() + pause
    while (left := until - time.monotonic()) > 0 and not ended():
        time.sleep(min(left, 0.3))


def _event(text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.replace("\r", "").split("\n"))
    return f"event: page\n{lines}\n".encode()


def _page(site: Site, watched: Request) -> str:
    for route, params in site.pages.find(watched.path):
        if route.method == "GET" and route.page is not stream:
            from_page = route.page(site, Request("GET", watched.path, watched.query, params)).body
            if isinstance(from_page, str):
                return from_page
    raise Refused(404, "There is no such page to follow.")


ROUTES = (Route("GET", "/events", stream),)
