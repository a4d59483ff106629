"""The studio as a WSGI application: finds the page, guards it, and writes the answer in one place."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from runtime.api import ApiError
from runtime.server.wsgi import Application, Environ, StartResponse
from runtime.ui.front import PREFIX
from runtime.ui.site import Site
from runtime.ui.web import Refused, Request, Response, read_request

if TYPE_CHECKING:
    from runtime.runtime import Runtime

# Nothing inline, nothing from anywhere else, no frames. `same-origin`: a form's Origin header is checked.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def studio(runtime: Runtime) -> Application:
    """Serve the pages of a runtime under PREFIX."""
    site = Site(runtime)

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = Request("GET", "/")
        try:
            request = read_request(environ, PREFIX)
            response = answer(site, request)
        except Refused as refused:
            response = _refusal(site, request, refused.status, str(refused))
        except ApiError as error:
            response = _refusal(site, request, error.status, error.message)
        # The last door: a bug is logged here and told as one.
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            text = "This page could not be made; the runtime's terminal shows why."
            response = _refusal(site, request, 500, text)
        return _write(response, environ["REQUEST_METHOD"], start_response)

    return application


def answer(site: Site, request: Request) -> Response:
    """The response of the page that a request names. Raises Refused, ApiError."""
    found = site.pages.find(request.path)
    if not found:
        raise Refused(404, "There is no such page.")
    method = "GET" if request.method == "HEAD" else request.method
    for route, params in found:
        if route.method == method:
            if method == "POST":
                site.check_token(request)
            return route.page(site, replace(request, params=params))
    raise Refused(405, f"This address does not answer {request.method}.")


def _refusal(site: Site, request: Request, status: int, message: str) -> Response:
    phrase = HTTPStatus(status).phrase
    return site.render("refused.html", request, status=status, phrase=phrase, message=message)


def _write(response: Response, method: str, start_response: StartResponse) -> Iterable[bytes]:
    body = response.body.encode() if isinstance(response.body, str) else response.body
    headers = {
        "Content-Type": response.content_type,
        "Cache-Control": "no-store",
        **HEADERS,
        **response.headers,
    }
    if isinstance(body, bytes):
        headers["Content-Length"] = str(len(body))
    status = HTTPStatus(response.status)
    start_response(f"{status.value} {status.phrase}", list(headers.items()))
    if method == "HEAD":
        if close := getattr(body, "close", None):
            close()
        return []
    return [body] if isinstance(body, bytes) else body
