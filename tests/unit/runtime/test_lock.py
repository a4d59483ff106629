"""One writer per state directory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.lock import DirectoryLock, DirectoryLocked, DirectoryUnusable, owner


def test_a_second_writer_is_refused_and_told_who_holds_the_directory(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path) as first:
        first.acquire()
        first.announce("http://127.0.0.1:1")
        with pytest.raises(DirectoryLocked, match=rf"{os.getpid()}.*http://127\.0\.0\.1:1"):
            DirectoryLock(tmp_path).acquire()


def test_a_released_directory_can_be_taken_again(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.acquire()
    first.release()
    first.release()
    assert owner(tmp_path) is None
    second.acquire(wait=1)
    second.release()


def test_one_who_only_looks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lock").touch()
    looking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)  # as `owner` does for a moment
    monkeypatch.setattr("runtime.lock.time.sleep", lambda _: fcntl.flock(looking, fcntl.LOCK_UN))
    with DirectoryLock(tmp_path) as lock:
        lock.acquire(wait=0)
        assert owner(tmp_path) is not None
    os.close(looking)


def test_nobody_owns_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert owner(tmp_path / "nowhere") is None


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from runtime.lock import DirectoryLock\n"
        "lock = DirectoryLock(pathlib.Path(sys.argv[1])); lock.acquire(); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        found = owner(tmp_path)
        assert found is not None
        assert found.pid == process.pid
        process.kill()
    assert owner(tmp_path) is None
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    lock.release()


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryUnusable, match="file"):
        DirectoryLock(tmp_path / "file" / "state").acquire()
