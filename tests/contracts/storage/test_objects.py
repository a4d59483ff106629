"""What every implementation of Objects owes its callers."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.storage._base import BucketMissing, BucketNotEmpty, ObjectMissing, Objects
from runtime.storage.database import Database
from runtime.storage.file_objects import FileObjects

HOSTILE = [
    "../escape",
    "../../state.db",
    "/etc/passwd",
    "a/../../b",
    "nul\0byte",
    "x" * 1024,
    "segment/" + "y" * 300 + "/z",
    "trailing/",
    "double//slash",
    ".",
    "..",
    "./a",
    ".escaped/0",
    "back\\slash",
    "line\nbreak",
    " ",
    "é/ü",
    "~",
]


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    database = Database(tmp_path / "state.db")
    opened = FileObjects(tmp_path, database)
    opened.create_bucket("bucket")
    yield opened
    database.close()


def content(objects: Objects, key: str) -> bytes:
    return objects.get("bucket", key).path.read_bytes()


class Failing(io.RawIOBase):
    """Gives some bytes, then breaks like a lost connection."""

    def __init__(self) -> None:
        self.given = False

    def read(self, size: int = -1) -> bytes:
        if self.given:
            raise ConnectionError("lost")
        self.given = True
        return b"half"


class TestObjectsContract:
    def test_what_was_put_is_found_with_its_facts(self, objects: Objects) -> None:
        put = objects.put(
            "bucket",
            "a/b.csv",
            io.BytesIO(b"1,2\n"),
            content_type="text/csv",
            metadata={"x-amz-meta-k": "é"},
        )
        assert objects.get("bucket", "a/b.csv") == put
        assert (put.size, put.content_type) == (4, "text/csv")
        assert put.etag == hashlib.md5(b"1,2\n").hexdigest()
        assert put.metadata == {"x-amz-meta-k": "é"}
        assert put.path.read_bytes() == b"1,2\n"

    def test_a_file_can_be_the_source_and_stays(self, objects: Objects, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"x" * 3_000_000)
        put = objects.put("bucket", "k", source, etag="abc-2")
        assert source.exists()
        assert (put.size, put.etag) == (3_000_000, "abc-2")

    def test_an_unknown_bucket_or_key_is_named(self, objects: Objects) -> None:
        actions: list[Callable[[], object]] = [
            lambda: objects.put("nope", "k", io.BytesIO()),
            lambda: objects.get("nope", "k"),
            lambda: objects.list("nope"),
            lambda: objects.delete("nope", "k"),
            lambda: objects.delete_bucket("nope"),
        ]
        for action in actions:
            with pytest.raises(BucketMissing, match="nope"):
                action()
        with pytest.raises(ObjectMissing, match="k"):
            objects.get("bucket", "k")

    def test_list_sorts_by_utf8_bytes_and_takes_a_prefix(self, objects: Objects) -> None:
        keys = ["b", "a/2", "a/1", "a", "Z", "ü", "a0", "\U0001f600", "\ufffd", "\U0010ffffz"]
        for key in keys:
            objects.put("bucket", key, io.BytesIO(b""))
        listed = [found.key for found in objects.list("bucket")]
        assert listed == sorted(keys, key=lambda key: key.encode())
        assert [found.key for found in objects.list("bucket", "a/")] == ["a/1", "a/2"]
        for after in ["", "0", *listed]:
            rest = [key for key in listed if key.encode() > after.encode()]
            assert [found.key for found in objects.list("bucket", after=after)] == rest
            assert [f.key for f in objects.list("bucket", after=after, limit=2)] == rest[:2]

    def test_a_put_replaces_the_old_object_whole(self, objects: Objects) -> None:
        objects.put("bucket", "k", io.BytesIO(b"old"), metadata={"x-amz-meta-a": "1"})
        objects.put("bucket", "k", io.BytesIO(b"new"))
        assert content(objects, "k") == b"new"
        assert objects.get("bucket", "k").metadata == {}

    def test_a_source_that_breaks_leaves_the_old_object(
        self, objects: Objects, tmp_path: Path
    ) -> None:
        objects.put("bucket", "k", io.BytesIO(b"old"))
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(ConnectionError):
            objects.put("bucket", "k", Failing())  # type: ignore[arg-type]
        assert content(objects, "k") == b"old"
        assert sorted(tmp_path.rglob("*")) == before

    def test_delete_removes_the_object_and_is_quiet_the_second_time(self, objects: Objects) -> None:
        path = objects.put("bucket", "a/b/c", io.BytesIO(b"1")).path
        objects.delete("bucket", "a/b/c")
        objects.delete("bucket", "a/b/c")
        assert not path.exists()
        assert objects.list("bucket") == []

    def test_only_an_empty_bucket_can_be_deleted(self, objects: Objects) -> None:
        objects.put("bucket", "k", io.BytesIO(b"1"))
        with pytest.raises(BucketNotEmpty):
            objects.delete_bucket("bucket")
        objects.delete("bucket", "k")
        objects.delete_bucket("bucket")
        assert objects.buckets() == {}

    def test_keys_that_are_file_and_folder_at_once_live_together(self, objects: Objects) -> None:
        keys = ["a", "a/b", "a/b/c", "x/y", "x"]
        for key in keys:
            objects.put("bucket", key, io.BytesIO(key.encode()))
        for key in keys:
            assert content(objects, key) == key.encode()

    @pytest.mark.parametrize("key", HOSTILE)
    def test_no_key_leaves_the_directory(self, objects: Objects, tmp_path: Path, key: str) -> None:
        path = objects.put("bucket", key, io.BytesIO(b"1")).path
        assert path.resolve().is_relative_to(tmp_path / "s3" / "bucket")
        assert content(objects, key) == b"1"
        assert [found.key for found in objects.list("bucket")] == [key]
        objects.delete("bucket", key)
        assert objects.list("bucket") == []

    def test_any_set_of_keys_is_kept_apart(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        names = st.text(st.sampled_from("aA./\\\0é~\U0010ffff"), min_size=1, max_size=6)

        @given(st.sets(names, max_size=12))
        def check(keys: set[str]) -> None:
            directory = tmp_path_factory.mktemp("objects")
            database = Database(directory / "state.db")
            objects = FileObjects(directory, database)
            objects.create_bucket("bucket")
            for key in keys:
                objects.put("bucket", key, io.BytesIO(key.encode()))
            for key in keys:
                found = objects.get("bucket", key)
                assert found.path.resolve().is_relative_to(directory / "s3" / "bucket")
                assert found.path.read_bytes() == key.encode()
            assert {found.key for found in objects.list("bucket")} == keys
            database.close()

        check()

    def test_an_open_object_stays_whole_when_its_key_changes(self, objects: Objects) -> None:
        objects.put("bucket", "k", io.BytesIO(b"old"))
        stored, file = objects.open("bucket", "k")
        objects.put("bucket", "k", io.BytesIO(b"newer"))
        objects.delete("bucket", "k")
        with file:
            assert (stored.size, file.read()) == (3, b"old")
        with pytest.raises(ObjectMissing, match="k"):
            objects.open("bucket", "k")

    def test_a_reader_among_writers_gets_facts_and_content_that_belong_together(
        self, objects: Objects
    ) -> None:
        bodies = [bytes([65 + number]) * 1000 * (number + 1) for number in range(4)]
        objects.put("bucket", "k", io.BytesIO(bodies[0]))
        written = threading.Event()

        def write() -> None:
            for number in range(300):
                objects.put("bucket", "k", io.BytesIO(bodies[number % 4]))
            written.set()

        thread = threading.Thread(target=write)
        thread.start()
        while not written.is_set():
            stored, file = objects.open("bucket", "k")
            with file:
                content = file.read()
            assert hashlib.md5(content).hexdigest() == stored.etag
        thread.join()

    def test_writers_of_one_key_never_mix_their_content(self, objects: Objects) -> None:
        bodies = [bytes([65 + number]) * 100_000 for number in range(8)]
        threads = [
            threading.Thread(target=objects.put, args=("bucket", "k", io.BytesIO(body)))
            for body in bodies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = objects.get("bucket", "k")
        assert found.path.read_bytes() in bodies
        assert hashlib.md5(found.path.read_bytes()).hexdigest() == found.etag
