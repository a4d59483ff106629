"""Serves a WSGI application on a port of this machine (cheroot)."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from runtime.server.wsgi import Application, Environ, StartResponse

LOOPBACK = "127.0.0.1"
_THREADS = 16
_BACKLOG = 256  # connections that may wait; 200 polling clients arrive at once


class PortUnavailable(Exception):
    """The address cannot be bound."""


class Port:
    """A bound address: bound when made, answering from `serve` to `stop`. Raises PortUnavailable."""

    def __init__(self, *, host: str = LOOPBACK, port: int = 0) -> None:
        self._server = _server(host, port)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        try:
            self._server.prepare()
        except OSError as error:
            self._server.stop()
            raise PortUnavailable(
                f"cannot listen on {host}:{port}: {error.strerror or error}; "
                "choose another --port or --host"
            ) from error
        bound_host, bound_port = self._server.bind_addr[:2]
        self._local = _is_loopback(host)
        self.url = f"http://{f'[{bound_host}]' if ':' in bound_host else bound_host}:{bound_port}"

    def serve(self, app: Application) -> None:
        """Answer requests in background threads."""
        checked = guarded(app, any_name=not self._local)

        def telling(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            # An answer without an end looks here whether it shall have one.
            environ["runtime.closing"] = self._closing.is_set
            return checked(environ, start_response)

        self._server.wsgi_app = telling
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port after the requests under way; a second call does nothing."""
        self._closing.set()
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
        if self._thread is not None:
            self._thread.join()


def serve_temporarily(app: Application) -> tuple[str, Callable[[], None]]:
    """Open a free loopback port: its URL, and the function that closes it."""
    port = Port()
    port.serve(app)
    return port.url, port.stop


class SharedPort:
    """One loopback port for all who need one at the moment: opened for the first, closed after the last."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._users = 0
        self._url = ""
        self._stop: Callable[[], None] = lambda: None

    @contextmanager
    def open(self) -> Iterator[str]:
        """The URL, good until the end of the block."""
        with self._lock:
            if not self._users:
                self._url, self._stop = serve_temporarily(self._app)
            self._users += 1
        try:
            yield self._url
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._stop()


def guarded(app: Application, *, any_name: bool = False) -> Application:
    """Refuse what a web page of another site could send here: nobody checks signatures.

    A page can post to the loopback address (then Origin tells), or point its own name at it (then Host does,
    unless `any_name` says that this machine is meant to be known by others).
    """

    def checked(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "localhost").lower()
        origin = environ.get("HTTP_ORIGIN", "").lower()
        if origin and origin.partition("://")[2] != host:
            return _forbid(start_response, f"Pages of {origin} may not use this runtime.")
        if not any_name and not _is_local(host):
            return _forbid(start_response, f"{host} is not a name of this machine.")
        return app(environ, start_response)

    return checked


def _forbid(start_response: StartResponse, reason: str) -> Iterable[bytes]:
    text = f"{reason}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
    start_response("403 Forbidden", headers)
    return [text]


def _is_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # Virtual-host-style S3 puts the bucket before the name.
    return name.endswith(".localhost") or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _server(host: str, port: int) -> Any:
    # Imported here: a runtime that stays in its process never serves.
    from cheroot.wsgi import Server

    server = Server(
        (host, port),
        None,
        numthreads=_THREADS,
        request_queue_size=_BACKLOG,
        timeout=60,
        shutdown_timeout=2,
    )
    server.max_request_header_size = 64 * 1024
    server.expiration_interval = 0.05  # seconds until it notices `stop`
    return server
