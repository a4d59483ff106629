"""The templates: everything is escaped, an unknown name is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from runtime.ui import links, words

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"


def environment() -> Environment:
    """What pages render with: links as `links`, the filters of words.py, macros in _parts.html."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(links=links, static=static_url, marks=words.MARKS)
    names = (
        "tone",
        "seconds",
        "moment",
        "iso",
        "number",
        "size",
        "pretty",
        "counted",
        "first_line",
    )
    made.filters.update({name: getattr(words, name) for name in names})
    return made


@cache
def static_url(name: str) -> str:
    """The address of a file of static/, which changes with its content: browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return links.url("static", name, v=digest)
