"""A request and a response as pages see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from runtime.server.wsgi import Body, BodyIncomplete, BodyTooLarge, Environ

_MAX_FORM = 1024 * 1024
_FORM = "application/x-www-form-urlencoded"


class Refused(Exception):
    """A request that gets a page with `status` and this message instead of an answer."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True)
class Request:
    """`path` is what follows the studio's prefix, still percent-encoded; `params` are its named parts, decoded.

    Of a name that a query or form has twice, the last value counts.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    # Whether the server wants to end: what streams must end too.
    closing: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Response:
    body: str | bytes | Iterable[bytes] = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def redirect(location: str) -> Response:
    """To another page, by GET; `location` comes from links.py."""
    return Response(status=303, headers={"Location": location})


def read_request(environ: Environ, prefix: str) -> Request:
    """Raises Refused for a form that cannot be read."""
    # The raw path: servers disagree on what an encoded slash becomes in PATH_INFO.
    raw = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    path = raw.partition("?")[0].removeprefix(prefix) or "/"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=_pairs(environ.get("QUERY_STRING", "")),
        form=_form(environ),
        closing=environ.get("runtime.closing", lambda: False),
    )


def decode(segment: str) -> str:
    """A part of a path without its percent-encoding."""
    return unquote(segment, errors="replace")


def _form(environ: Environ) -> Mapping[str, str]:
    if environ["REQUEST_METHOD"] != "POST":
        return {}
    body = Body(environ)
    try:
        return _pairs(_form_text(environ, body))
    finally:
        # A browser shows no answer to a form of which something was not read.
        body.drain()


def _form_text(environ: Environ, body: Body) -> str:
    if not environ.get("CONTENT_TYPE", "").startswith(_FORM):
        raise Refused(415, "Only forms of the studio's own pages can be sent here.")
    try:
        return body.read_all(_MAX_FORM).decode("utf-8", "replace")
    except BodyTooLarge as error:
        raise Refused(413, f"The form is too large: {error}.") from error
    except BodyIncomplete as error:
        raise Refused(400, f"The form did not arrive whole: {error}.") from error


def _pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=2000))
    except ValueError as error:
        raise Refused(400, f"The request cannot be read: {error}.") from error
