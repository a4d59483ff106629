"""Unmodified clients as child processes, with nothing of ours but `python -m runtime exec` in front."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[3]
RUNTIME = [sys.executable, "-m", "runtime"]
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
Done = subprocess.CompletedProcess[str]


def run_runtime(*words: str, timeout: int = 240, **environment: str) -> Done:
    """`python -m runtime WORDS`, wherever the test runs, with a closed door to the world."""
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HTTPS_PROXY": "http://127.0.0.1:1",
        **environment,
    }
    return subprocess.run(
        [*RUNTIME, *words],
        env=variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory that a server of its own serves."""
    directory = tmp_path_factory.mktemp("clients")
    command = [*RUNTIME, "--port", "0", "--data", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()
        yield directory
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def execute(state: Path) -> Callable[..., Done]:
    """Run a command against the server; fails the test when it does not end with `code`."""

    def run(*words: str, code: int = 0, **environment: str) -> Done:
        done = run_runtime("exec", "--data", str(state), "--", *words, **environment)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def script(execute: Callable[..., Done], tmp_path: Path) -> Callable[..., list[str]]:
    """Run Python text as somebody's script; the lines it printed that begin with '> '."""

    def run(text: str, *arguments: str, code: int = 0) -> list[str]:
        path = tmp_path / "script.py"
        path.write_text(f"import os; os.chdir({str(tmp_path)!r})\n{textwrap.dedent(text)}")
        done = execute(sys.executable, "-W", "ignore", str(path), *arguments, code=code)
        return [line[2:] for line in done.stdout.splitlines() if line.startswith("> ")]

    return run


@pytest.fixture(scope="session")
def client(state: Path) -> Callable[[str], Any]:
    """boto3 clients of the same server, for looking at what others did."""
    printed = run_runtime("env", "--data", str(state)).stdout
    match = re.search(r"AWS_ENDPOINT_URL=(\S+)", printed)
    assert match, printed
    session = boto3.Session(
        aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )
    return lambda service: session.client(service, endpoint_url=match[1])
