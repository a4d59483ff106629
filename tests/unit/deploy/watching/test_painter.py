from __future__ import annotations

import io

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from pipelines.deploy.watching.painter import Painter

WORDS = st.text(st.sampled_from("ab░✓ "), max_size=12).map(str.rstrip)


class Terminal:
    def __init__(self, columns=30, rows=10):
        self.file = io.StringIO()
        self.console = Console(
            file=self.file, force_terminal=True, width=columns, height=rows, color_system=None
        )
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.painter = Painter(self.console)

    def paint(self, lines):
        self.painter.paint(lambda room: Text("\n".join(lines), no_wrap=True))
        return self.shown()

    def shown(self):
        written = self.file.getvalue()
        self.file.seek(0)
        self.file.truncate()
        self.stream.feed(written)
        return written

    def lines(self):
        return [line.rstrip() for line in self.screen.display]


@given(st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_screen_shows_the_last_block_whatever_came_before(blocks):
    terminal = Terminal()
    terminal.stream.feed("before\r\n")
    for block in blocks:
        terminal.paint(block)
    expected = ["before", *blocks[-1]]
    assert terminal.lines() == expected + [""] * (10 - len(expected))
    terminal.painter.clear()
    terminal.shown()
    assert terminal.lines() == ["before"] + [""] * 9


def test_only_the_line_that_changed_is_written():
    terminal = Terminal()
    terminal.paint(["one", "two", "three"])
    written = terminal.paint(["one", "2", "three"])
    assert "2" in written
    assert "one" not in written
    assert "three" not in written
    assert terminal.paint(["one", "2", "three"]) == ""


@pytest.mark.parametrize("rows", [2, 4])
def test_a_block_is_never_higher_than_the_terminal(rows):
    terminal = Terminal(rows=rows)
    terminal.paint([str(number) for number in range(20)])
    terminal.paint([str(number) for number in range(1, 21)])
    assert terminal.lines()[: rows - 1] == [str(number) for number in range(1, rows)]


def test_after_a_change_of_width_everything_is_drawn_anew():
    terminal = Terminal(columns=20)
    terminal.paint(["a" * 15, "b"])
    terminal.console.width = 30
    terminal.screen.resize(10, 30)
    terminal.paint(["a" * 25, "b"])
    assert terminal.lines()[:3] == ["a" * 25, "b", ""]
