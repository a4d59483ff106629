"""The terminal: one console for people; with `--json`, stdout belongs to the document alone.

`say` and `conclude` are for results, `remark` for what leads to them: `--quiet` leaves remarks out.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

# Not a terminal's width: a pipe or a CI log breaks long lines itself, or shows them whole.
_UNBROKEN = 200


def console(options: argparse.Namespace) -> Console:
    """Where text goes: stdout, or stderr when stdout is for the document. NO_COLOR is respected."""
    stream = sys.stderr if vars(options).get("json") else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a mark that the encoding lacks is not worth a crash
    silent = options.quiet and stream is sys.stderr  # the document is the result
    return Console(
        file=io.StringIO() if silent else stream,
        width=None if stream.isatty() else _UNBROKEN,
        highlight=False,
        emoji=False,
        quiet=options.quiet,
    )


def remark(console: Console, *lines: RenderableType) -> None:
    """Say what is not the result: where, what is about to happen, how far it is. Not with `--quiet`."""
    if not console.quiet:
        say(console, *lines)


def conclude(console: Console, *lines: RenderableType) -> None:
    """Say the result, a blank line apart from the remarks before it."""
    if lines:
        remark(console, "")
        say(console, *lines)


def say(console: Console, *lines: RenderableType) -> None:
    """Print lines as they are: nothing in them is markup, and long ones are not broken."""
    with aloud(console):
        _say(console, lines)


@contextmanager
def aloud(console: Console) -> Iterator[None]:
    """What is printed in the block is a result: also with `--quiet`."""
    quiet, console.quiet = console.quiet, False
    try:
        yield
    finally:
        console.quiet = quiet


def _say(console: Console, lines: Iterable[RenderableType]) -> None:
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
