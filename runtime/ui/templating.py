"""The templates: everything is escaped, an unknown name is an error."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from runtime.ui import links, words

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
PLOTLY = "plotly.min.js"


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
    made.globals.update(plotly_styles=plotly_styles)
    names = (
        "tone",
        "seconds",
        "moment",
        "iso",
        "number",
        "shortened",
        "size",
        "pretty",
        "counted",
        "first_line",
    )
    made.filters.update({name: getattr(words, name) for name in names})
    return made


def static_files() -> dict[str, Path]:
    """Name -> file: those of static/, and plotly's script where its package is installed."""
    files = {path.name: path for path in STATIC.iterdir()}
    found = importlib.util.find_spec("plotly")
    if found and found.origin:
        files[PLOTLY] = Path(found.origin).parent / "package_data" / PLOTLY
    return files


@cache
def static_url(name: str) -> str:
    """The address of a static file, which changes with its content: browsers may keep it."""
    digest = hashlib.sha256(static_files()[name].read_bytes()).hexdigest()[:12]
    return links.url("static", name, v=digest)


@cache
def plotly_styles() -> list[str]:
    """Ids of the style elements that plotly adds unless they are there; our policy would refuse each with an error."""
    script = static_files()[PLOTLY].read_text(encoding="utf-8")
    return sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', script)))
