"""Which function answers a path: every file of pages/ declares its own routes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runtime.ui import pages
from runtime.ui.web import Request, Response, decode

if TYPE_CHECKING:
    from runtime.ui.site import Site

Page = Callable[["Site", Request], Response]
_PART = re.compile(r"\{([a-z_]+)(\*?)\}")


@dataclass(frozen=True)
class Route:
    """`pattern` is a path with named parts: {name} is one segment, {name*} the rest of the path."""

    method: str
    pattern: str
    page: Page

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        pieces, position = [], 0
        for part in _PART.finditer(self.pattern):
            pieces.append(re.escape(self.pattern[position : part.start()]))
            pieces.append(f"(?P<{part[1]}>{'.+' if part[2] else '[^/]+'})")
            position = part.end()
        return re.compile("".join(pieces) + re.escape(self.pattern[position:]))

    def match(self, path: str) -> dict[str, str] | None:
        """The named parts of a path, decoded; None when it is another's."""
        found = self._regex.fullmatch(path)
        return {key: decode(part) for key, part in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class NavEntry:
    """A link in the head of every page; `place` orders them."""

    label: str
    path: str
    place: int


@dataclass(frozen=True)
class Pages:
    """What the files of pages/ declare: ROUTES, and NAV where a page is an entry of its own."""

    routes: tuple[Route, ...]
    nav: tuple[NavEntry, ...]

    def find(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """The routes of a path, whatever their method."""
        found = ((route, route.match(path)) for route in self.routes)
        return [(route, params) for route, params in found if params is not None]

    def has(self, path: str) -> bool:
        return any(route.method == "GET" for route, _ in self.find(path))


def find_pages() -> Pages:
    """Import every public file of pages/."""
    names = sorted(found.name for found in pkgutil.iter_modules(pages.__path__))
    modules = [
        importlib.import_module(f"{pages.__name__}.{name}")
        for name in names
        if not name.startswith("_")
    ]
    routes = [route for module in modules for route in module.ROUTES]
    nav = [module.NAV for module in modules if hasattr(module, "NAV")]
    return Pages(tuple(routes), tuple(sorted(nav, key=lambda entry: entry.place)))
