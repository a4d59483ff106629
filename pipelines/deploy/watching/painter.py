"""A block of lines at the end of a terminal that changes in place.

Only lines that differ are written, over what stands there, and a frame is one write: nothing flickers, over ssh
neither. A terminal that was made narrower has broken the lines anew; the block is then found by counting how many rows
they take and drawn again as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.text import Text

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_REST_OF_LINE, _REST_OF_SCREEN = "\x1b[K", "\x1b[J"


class Painter:
    """Between `paint` and `clear` nobody else may write to the terminal; the cursor is hidden and on the last line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: list[str] = []
        self._size = (0, 0)

    def paint(self, block: Callable[[int], RenderableType]) -> None:
        """Show what `block` makes of the number of lines that there is room for."""
        width, height = self._console.size
        # The last column stays free: a cursor behind it is on the next line in some terminals and not in others.
        with self._console.capture() as captured:
            self._console.print(block(height - 1), width=max(1, width - 1))
        lines = captured.get().splitlines()[: height - 1]
        if self._size == (width, height):
            frame = self._changes(lines)
        else:
            frame = self._to_top(width) + _REST_OF_SCREEN + "\r\n".join(lines)
        if not self._lines:
            frame = _HIDE + frame
        self._lines, self._size = lines, (width, height)
        self._write(frame)

    def clear(self) -> None:
        """Take the block away and show the cursor."""
        if self._lines:
            width = self._console.size.width
            self._write(self._to_top(width) + _REST_OF_SCREEN + _SHOW)
            self._lines = []

    def _changes(self, lines: list[str]) -> str:
        before = self._lines
        if lines == before:
            return ""
        fewer = len(lines) < len(before)
        frame = self._to_top(self._size[0])
        for place, line in enumerate(lines):
            frame += "\r\n" if place else ""
            # With fewer lines the last one is written anyway: what follows the cursor goes, so it has to be behind it.
            last = fewer and place == len(lines) - 1
            if last or place >= len(before) or line != before[place]:
                frame += line + _REST_OF_LINE
        return frame + (_REST_OF_SCREEN if fewer else "")

    def _to_top(self, width: int) -> str:
        rows = sum(_rows(line, width) for line in self._lines)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "")

    def _write(self, text: str) -> None:
        if text:
            self._console.file.write(text)
            self._console.file.flush()


def _rows(line: str, width: int) -> int:
    """How many rows of a terminal a line takes."""
    return max(1, -(-Text.from_ansi(line).cell_len // width))
