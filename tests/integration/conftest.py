"""Real commands in child processes, against a state directory of the test's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[2]


class Project:
    """The project's commands with `state` as the local runtime's directory."""

    def __init__(self, state: Path, home: Path) -> None:
        self.state = state
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "SAGEMAKER_LOCAL_STATE": str(state),
        }

    def command(self, *arguments: str, **environment: str) -> list[str]:
        return [sys.executable, "-m", *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=280,
            stdin=subprocess.DEVNULL,
        )

    def document(self, *arguments: str) -> Any:
        """What the command prints with --json; the command must succeed."""
        result = self.run(*arguments, "--json")
        assert result.returncode == 0, result.stderr + result.stdout
        return json.loads(result.stdout)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def served(self) -> Iterator[str]:
        """A runtime in a process of its own over this state; yields its URL."""
        process = self.start("runtime", "--port", "0", "--data", str(self.state))
        try:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "http://127.0.0.1:" in line:
                    yield re.findall(r"http://127\.0\.0\.1:\d+", line)[0]
                    break
            else:
                pytest.fail("the runtime did not serve: " + "".join(lines))
        finally:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=30)
        assert process.returncode == 0, output


def clients(url: str) -> Callable[[str], Any]:
    """boto3 clients of a served runtime."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=url)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "home").mkdir()
    return Project(tmp_path / "state", tmp_path / "home")


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One state directory for all tests of a module."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "home").mkdir()
    return Project(folder / "state", folder / "home")


@pytest.fixture(scope="session")
def connect() -> Callable[[str], Callable[[str], Any]]:
    return clients
