"""`python -m runtime studio`: serves a directory, or shows where it is served already."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from runtime.serving import serve

COMMAND = [sys.executable, "-m", "runtime", "studio", "--no-browser"]


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, options)], capture_output=True, text=True)


def test_a_directory_is_served_until_it_is_interrupted(tmp_path: Path) -> None:
    with serve(tmp_path):
        pass  # makes the state
    command = [*COMMAND, "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.findall(r"http://\S+", process.stdout.readline())[0]
        with urllib.request.urlopen(address) as answer:
            assert "There is no pipeline in this state directory yet" in answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_directory_that_is_served_already_is_shown_there(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        shown = run("--data", tmp_path)
    assert shown.returncode == 0
    assert f"{server.url}/_studio/" in shown.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "nowhere holds no state yet"),
        (["--port", "x"], "must be a number from 0 to 65535 but got 'x'"),
    ],
)
def test_mistakes_are_explained(options: list[str], message: str) -> None:
    shown = run(*options)
    assert shown.returncode != 0
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr
