"""What a state directory keeps across a killed process, and what it refuses."""

from __future__ import annotations

import errno
import io
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.storage._base import ObjectMissing, StorageFull
from runtime.storage.database import MIGRATIONS, Database, StateUnreadable
from runtime.storage.file_objects import FileObjects
from runtime.storage.open import open_storage


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = open_storage(tmp_path)
    first.records.insert("Model", "m", {"n": 1})
    first.objects.create_bucket("bucket")
    first.objects.put("bucket", "a/b", io.BytesIO(b"1"))
    first.records.close()
    second = open_storage(tmp_path)
    assert second.records.get("Model", "m") == {"n": 1}
    assert second.objects.get("bucket", "a/b").path.read_bytes() == b"1"
    assert second.objects.get("bucket", "a/b").path == tmp_path / "s3" / "bucket" / "a" / "b"
    second.records.close()


class Killed(BaseException):
    """Stands for SIGKILL between two statements."""


@pytest.mark.parametrize("point", ["_index", "_place"])
def test_a_change_that_failed_half_way_is_settled_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "k", io.BytesIO(b"old"))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FileObjects, point, fail)
        with pytest.raises(KeyboardInterrupt):
            state.objects.put("bucket", "k", io.BytesIO(b"new!"))
    stored, file = state.objects.open("bucket", "k")
    with file:
        assert file.read() == (b"new!" if point == "_index" else b"old")
        assert file.tell() == stored.size
    assert list((tmp_path / "s3" / ".staging").iterdir()) == []
    state.records.close()


def test_a_failed_rename_leaves_the_old_object_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "k", io.BytesIO(b"old"))

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(StorageFull, match="free some space"):
            state.objects.put("bucket", "k", io.BytesIO(b"new!"))
    assert list((tmp_path / "s3" / ".staging").iterdir()) == []
    state.records.close()
    again = open_storage(tmp_path)
    assert again.objects.get("bucket", "k").size == 3
    again.records.close()


def test_a_commit_that_fails_leaves_the_database_usable(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    with database.write() as connection:
        connection.execute("CREATE TABLE a (x INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b (x INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED)")
    database._writer.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        connection.execute("INSERT INTO b VALUES (1)")  # refused at COMMIT, which stays open
    with database.write() as connection:
        connection.execute("INSERT INTO a VALUES (1)")
    assert database.rows("SELECT * FROM b") == []
    database.close()


def test_an_object_whose_folder_was_removed_by_hand_can_be_deleted(tmp_path: Path) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "a/b/k", io.BytesIO(b"1"))
    shutil.rmtree(tmp_path / "s3" / "bucket" / "a")
    state.objects.delete("bucket", "a/b/k")
    assert state.objects.list("bucket") == []
    state.records.close()


@pytest.mark.parametrize("point", ["_index", "_install"])
def test_a_kill_during_an_overwrite_leaves_the_old_or_the_new_object_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "k", io.BytesIO(b"old"), metadata={"x-amz-meta-v": "old"})

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FileObjects, point, kill)
        with pytest.raises(Killed):
            state.objects.put("bucket", "k", io.BytesIO(b"new!"), metadata={"x-amz-meta-v": "new!"})
    state.records.close()

    again = open_storage(tmp_path)
    found = again.objects.get("bucket", "k")
    text = found.path.read_text()
    assert text == ("new!" if point == "_index" else "old")
    assert (found.size, found.metadata) == (len(text), {"x-amz-meta-v": text})
    assert list((tmp_path / "s3" / ".staging").iterdir()) == []
    again.records.close()


def test_a_kill_before_the_rename_forgets_the_new_object(tmp_path: Path) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.records.close()
    (tmp_path / "s3" / ".staging" / "t").write_text("half")
    row = ["bucket", "k", "bucket/k", 4, "e", 1.0, "text/plain", "{}"]
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("INSERT INTO journal VALUES (?, ?, ?)", ("bucket/k", "t", json.dumps(row)))
    connection.commit()
    connection.close()
    again = open_storage(tmp_path)
    with pytest.raises(ObjectMissing):
        again.objects.get("bucket", "k")
    assert list((tmp_path / "s3" / ".staging").iterdir()) == []
    again.records.close()


def test_a_kill_during_a_delete_finishes_the_delete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    path = state.objects.put("bucket", "a/k", io.BytesIO(b"old")).path
    with monkeypatch.context() as patch:
        patch.setattr(FileObjects, "_remove", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            state.objects.delete("bucket", "a/k")
    state.records.close()
    again = open_storage(tmp_path)
    assert not path.exists()
    assert again.objects.list("bucket") == []
    again.records.close()


def test_a_file_that_nobody_indexed_is_never_touched(tmp_path: Path) -> None:
    mine = tmp_path / "s3" / "bucket" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "mine.txt", io.BytesIO(b"theirs"))
    assert mine.read_text() == "precious"
    assert state.objects.get("bucket", "mine.txt").path.read_bytes() == b"theirs"
    state.records.close()


def test_an_object_whose_file_was_removed_by_hand_is_missing(tmp_path: Path) -> None:
    state = open_storage(tmp_path)
    state.objects.create_bucket("bucket")
    state.objects.put("bucket", "k", io.BytesIO(b"1")).path.unlink()
    with pytest.raises(ObjectMissing, match="gone"):
        state.objects.get("bucket", "k")
    state.objects.put("bucket", "k", io.BytesIO(b"2"))
    assert state.objects.get("bucket", "k").path.read_bytes() == b"2"
    state.records.close()


def test_a_damaged_state_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    damaged = tmp_path / "state.db"
    damaged.write_bytes(b"not a database, " * 100)
    with pytest.raises(StateUnreadable, match=r"state\.db"):
        Database(damaged)
    assert damaged.read_bytes() == b"not a database, " * 100


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StateUnreadable, match=f"{len(MIGRATIONS) + 1}.*{len(MIGRATIONS)}"):
        Database(tmp_path / "state.db")


def damage_the_pages(file: Path) -> None:
    pages = bytearray(file.read_bytes())
    pages[4096:] = random.Random(0).randbytes(len(pages) - 4096)
    file.write_bytes(pages)


def drop_a_table(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE records")
    connection.close()


@pytest.mark.parametrize("damage", [damage_the_pages, drop_a_table])
def test_damage_that_is_noticed_late_is_told_as_such(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    storage = open_storage(tmp_path)
    storage.records.put("Kind", "key", {})
    storage.records.close()
    damage(tmp_path / "state.db")
    with pytest.raises(StateUnreadable, match=r"state\.db cannot be used: .*another directory"):
        read_all(tmp_path)


def read_all(directory: Path) -> None:
    storage = open_storage(directory)
    try:
        list(storage.records.list("Kind"))
    finally:
        storage.records.close()
