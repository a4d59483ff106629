"""Stands in front of the API: which requests are a browser's, for the studio.

The studio lives under PREFIX, which no bucket can be called, so that it takes no address away from S3. Only `/` is
shared: signed, or without `text/html` among what the client accepts, it stays ListBuckets.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from runtime.server.s3.request import bucket_in_host
from runtime.server.wsgi import Application, Environ, StartResponse

if TYPE_CHECKING:
    from runtime.runtime import Runtime

PREFIX = "/_studio"
# What an object may do when a browser opens it from the studio's own address: be looked at.
_SANDBOX = [("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff")]


def with_studio(runtime: Runtime, api: Application) -> Application:
    """Hand the studio's requests to it and all others to `api`."""
    studio = _late(lambda: _load(runtime))

    def route(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if _is_client(environ):
            return api(environ, start_response)
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return studio()(environ, start_response)
        if path == "/" and "text/html" in environ.get("HTTP_ACCEPT", ""):
            start_response("303 See Other", [("Location", f"{PREFIX}/"), ("Content-Length", "0")])
            return []
        if "HTTP_SEC_FETCH_SITE" in environ:
            return api(environ, _sandboxed(start_response))
        return api(environ, start_response)

    return route


def _is_client(environ: Environ) -> bool:
    """Whether an AWS client sent this: it signs, names an operation, or has the bucket in the host's name."""
    signed = "HTTP_AUTHORIZATION" in environ or "HTTP_X_AMZ_TARGET" in environ
    return signed or bool(bucket_in_host(environ.get("HTTP_HOST", "")))


def _sandboxed(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, *_SANDBOX], *rest)

    return start


def _load(runtime: Runtime) -> Application:
    # Templates cost 50 ms to import: most processes with a runtime inside never show a page.
    found: Application = importlib.import_module("runtime.ui.app").studio(runtime)
    return found


def _late(make: Callable[[], Application]) -> Callable[[], Application]:
    made: list[Application] = []
    lock = threading.Lock()

    def get() -> Application:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return get
