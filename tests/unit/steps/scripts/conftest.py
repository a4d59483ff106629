"""What both scripts' tests need: no message file outside, and a way to write inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from steps.scripts import evaluate, prepare


@pytest.fixture
def message_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the scripts leave the ExitMessage; its folder exists as in a container."""
    path = tmp_path / "ml-output" / "message"
    path.parent.mkdir()
    for script in (prepare, evaluate):
        monkeypatch.setattr(script, "MESSAGE_FILE", path)
    return path
