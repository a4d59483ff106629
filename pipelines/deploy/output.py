"""The terminal: one console for people; with `--json`, stdout belongs to the document alone."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from rich.console import Console

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


def print_document(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
