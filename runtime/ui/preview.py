"""What a page shows of an object: a table, JSON, text, an image, the contents of an archive, or that it shows nothing.

Decided by the first bytes, then by the name: a type that somebody wrote down with the object is never believed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import BinaryIO

from runtime.ui.archive_contents import Contents, contents
from runtime.ui.tables import Table, read_table

SHOWN = 64 * 1024  # bytes of a text
LARGEST_IMAGE = 20 * 1024 * 1024
# Larger ones are not parsed, only their beginning is shown as text.
_LARGEST_JSON = 2 * 1024 * 1024
_ENCODER = json.JSONEncoder(indent=2, ensure_ascii=False)
_HEAD = 512
_TAR_MAGIC = slice(257, 262)
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_TABLES = (".csv", ".tsv", ".csv.out")


@dataclass(frozen=True)
class Preview:
    """`kind` is table, json, text, image, archive, binary or empty; `cut` when only the beginning is shown."""

    kind: str
    text: str = ""
    cut: bool = False
    table: Table | None = None
    contents: Contents | None = None


def image_type(head: bytes) -> str:
    """image/png, -jpeg, -gif or -webp; empty for anything else. SVG is a document with scripts, not an image here."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _IMAGES if head.startswith(magic)), "")


def preview(name: str, size: int, stream: BinaryIO) -> Preview:
    """Look at an object of `size` bytes; `stream` can seek. Never raises for what its bytes are."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if not head:
        return Preview("empty")
    if image_type(head):
        return Preview("image")
    if head[:2] == b"\x1f\x8b" or head[_TAR_MAGIC] == b"ustar":
        return Preview("archive", contents=contents(stream))
    start = stream.read(SHOWN)
    text = _decoded(start, cut=size > SHOWN)
    if text is None:
        return Preview("binary")
    return _of_text(
        name.lower(), text, size, start + stream.read(max(0, _LARGEST_JSON - len(start)))
    )


def _of_text(name: str, text: str, size: int, content: bytes) -> Preview:
    cut = size > SHOWN
    if name.endswith(_TABLES) and (table := read_table(text, cut=cut)):
        return Preview("table", text, cut, table)
    if (name.endswith(".json") or text.lstrip()[:1] in ("{", "[")) and size <= _LARGEST_JSON:
        shown = _pretty(content)
        if shown is not None:
            return Preview("json", shown[:SHOWN], len(shown) > SHOWN)
    return Preview("text", text, cut)


def _decoded(data: bytes, *, cut: bool) -> str | None:
    """UTF-8 text; None for anything else. A character may be cut in two at the end."""
    if b"\x00" in data:
        return None
    for missing in range(4 if cut else 1):
        try:
            return data[: len(data) - missing].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return None


def _pretty(content: bytes) -> str | None:
    """Indented, hardly further than it is shown: deep documents grow a thousandfold by their indents."""
    pieces: list[str] = []
    length = 0
    try:
        for piece in _ENCODER.iterencode(json.loads(content)):
            pieces.append(piece)
            length += len(piece)
            if length > SHOWN:
                break
    except (ValueError, RecursionError):
        return None
    return "".join(pieces)
