"""`run` on a terminal, through a pseudo-terminal and an emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).parents[4]
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ROWS = "rows: " + ", ".join(f"part{number} 1,000" for number in range(5))
# Goes on when the file it is told exists.
GATED = """
import pathlib, sys, time
print("[0]\\ttrain-rmse:3.5\\tvalidation-rmse:4.5", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
"""
RUN = [sys.executable, "-m", "pipelines.run"]
SECONDS = 60


class Terminal:
    """Starts a command on a screen of so many columns; `raw` is every byte that it has written."""

    def __init__(self, command, columns, rows=40, **variables):
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._master, slave = pty.openpty()
        self._set_size(slave, columns, rows)
        environment = {**os.environ, "TERM": "xterm-256color", **variables}
        for name in (
            "COLUMNS",
            "LINES",
        ):  # pytest-xdist tells its workers the width of its own terminal
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def resize(self, columns, rows=40):
        self.screen.resize(rows, columns)
        self._set_size(self._master, columns, rows)

    def lines(self):
        """What the screen shows, without empty lines."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def text(self):
        return "\n".join(self.lines())

    def wait_for(self, condition):
        """Read until the condition holds."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; the screen:\n{self.text()}"
            if not self._read() and not condition():
                raise AssertionError(f"it ended; the screen:\n{self.text()}")

    def ended(self):
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        os.close(self._master)

    def _read(self):
        """Read what there is, waiting a little; False at the end."""
        if not select.select([self._master], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    @staticmethod
    def _set_size(descriptor, columns, rows):
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@pytest.fixture
def gated(account, tmp_path):
    """The pipeline `gated`: Prepare, then Wait, which ends when the file that is returned exists."""
    gate = tmp_path / "gate"
    account.deploy(
        "gated",
        account.script("Prepare", f"print({ROWS!r})"),
        account.script("Wait", GATED, str(gate), depends_on=["Prepare"]),
        account.script("Report", "print('done')", depends_on=["Wait"]),
    )
    return gate


@pytest.fixture
def opened(monkeypatch):
    """Start a command on a terminal of so many columns."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    terminals = []

    def start(command, columns, **options):
        terminals.append(Terminal(command, columns, **options))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


def waiting(screen):
    return any("Wait " in line and line.split()[0] in SPINNER for line in screen.lines())


def row(screen, name):
    return next(line for line in screen.lines() if name in line.split())


@pytest.mark.parametrize("columns", [80, 200])
def test_each_step_is_one_line_that_changes_in_place(gated, opened, columns):
    screen = opened([*RUN, "gated"], columns)
    screen.wait_for(lambda: waiting(screen))
    assert [line.split()[1] for line in screen.lines()[-3:]] == ["Prepare", "Wait", "Report"]
    assert row(screen, "gated").split()[1] == "Executing"
    assert row(screen, "Report").split()[2] == "Waiting"
    assert (ROWS in row(screen, "Prepare")) == (columns == 200)
    assert row(screen, "Prepare").endswith("…") == (columns == 80)
    gated.touch()
    assert screen.ended() == 0
    # What changed in place is gone; the summary stands there, once.
    assert len(re.findall(r"gated +Succeeded", screen.text())) == 1
    assert len(re.findall(r"✓ +Wait +Succeeded", screen.text())) == 1
    assert not any(mark in screen.text() for mark in SPINNER)


def test_it_never_erases_what_it_is_about_to_write(gated, opened):
    screen = opened([*RUN, "gated"], 100)
    screen.wait_for(lambda: waiting(screen))
    frames = row(screen, "Wait")
    screen.wait_for(lambda: row(screen, "Wait") != frames)
    gated.touch()
    assert screen.ended() == 0
    assert b"\x1b[2K" not in screen.raw
    assert b"\x1b[2J" not in screen.raw
    assert screen.raw.count(b"\x1b[?25l") == screen.raw.count(b"\x1b[?25h") == 1


@pytest.mark.parametrize(("before", "after"), [(80, 200), (200, 80)])
def test_it_follows_a_resize(gated, opened, before, after):
    screen = opened([*RUN, "gated"], before)
    screen.wait_for(lambda: waiting(screen))
    screen.resize(after)
    screen.wait_for(lambda: (ROWS in screen.text()) == (after == 200) and waiting(screen))
    assert len([line for line in screen.lines() if "Wait " in line]) == 1
    gated.touch()
    assert screen.ended() == 0
    assert len(re.findall(r"gated +Succeeded", screen.text())) == 1


def test_on_a_low_terminal_the_steps_that_run_are_shown(account, gated, opened):
    screen = opened([*RUN, "gated"], 80, rows=5)
    screen.wait_for(lambda: waiting(screen) and "more step" in screen.text())
    gated.touch()
    assert screen.ended() == 0


def test_ctrl_c_stops_it_and_says_so(gated, opened):
    screen = opened([*RUN, "gated"], 80)
    screen.wait_for(lambda: waiting(screen))
    os.kill(screen.process.pid, signal.SIGINT)
    assert screen.ended() == 1
    assert len(re.findall(r"gated +Stopped", screen.text())) == 1
    assert "To continue it:  python -m pipelines.retry" in screen.text()


def test_no_color_is_respected(gated, opened):
    gated.touch()
    screen = opened([*RUN, "gated"], 80, NO_COLOR="1")
    assert screen.ended() == 0
    assert not re.search(rb"\x1b\[(\d+;)*[349][0-7](;\d+)*m", screen.raw)


def test_outside_a_terminal_there_are_plain_lines(gated, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    gated.touch()
    done = subprocess.run([*RUN, "gated"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert f"rows: {ROWS.removeprefix('rows: ')[:20]}" in done.stdout
