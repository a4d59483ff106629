"""The studio's own scripts, styles and icon, and plotly's script."""

from __future__ import annotations

from runtime.ui.routes import Route
from runtime.ui.site import Site
from runtime.ui.templating import static_files
from runtime.ui.web import Refused, Request, Response

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def show(site: Site, request: Request) -> Response:
    # Looked up among the files there are: no path of the request ever reaches the file system.
    path = static_files().get(request.params["name"])
    if path is None or path.suffix not in _TYPES:
        raise Refused(404, "There is no such file.")
    headers = _FOR_A_YEAR if "v" in request.query else {"Cache-Control": "no-cache"}
    return Response(path.read_bytes(), content_type=_TYPES[path.suffix], headers=headers)


ROUTES = (Route("GET", "/static/{name}", show),)
