"""The terminal: one console for people; with `--json`, stdout belongs to the document alone."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

# Not a terminal's width: a pipe or a CI log breaks long lines itself, or shows them whole.
_UNBROKEN = 200


def console(*, as_json: bool) -> Console:
    """Where text goes: stdout, or stderr when stdout is for the document. NO_COLOR is respected."""
    stream = sys.stderr if as_json else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a mark that the encoding lacks is not worth a crash
    return Console(
        file=stream, width=None if stream.isatty() else _UNBROKEN, highlight=False, emoji=False
    )


def say(console: Console, *lines: RenderableType) -> None:
    """Print lines as they are: nothing in them is markup, and long ones are not broken."""
    for line in lines:
        if isinstance(line, Text | str):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
        elif console.is_terminal:
            console.print(line)
        else:
            _print_stripped(console, line)


def _print_stripped(console: Console, block: RenderableType) -> None:
    # Tables are padded to their width; in a log or a file that would be trailing spaces.
    with console.capture() as captured:
        console.print(block)
    for line in captured.get().splitlines():
        console.print(line.rstrip(), soft_wrap=True, highlight=False, markup=False)


def print_document(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2))
