"""What every implementation of Records owes its callers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.storage._base import RecordExists, RecordMissing, Records
from runtime.storage.database import Database
from runtime.storage.memory_records import MemoryRecords
from runtime.storage.sqlite_records import SqliteRecords


@pytest.fixture(params=["sqlite", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    opened: Records = MemoryRecords()
    if request.param == "sqlite":
        opened = SqliteRecords(Database(tmp_path / "state.db"))
    yield opened
    opened.close()


class TestRecordsContract:
    def test_a_document_comes_back_equal_and_is_a_copy(self, records: Records) -> None:
        document = {"Name": "a", "Nested": {"é": [1, 2.5, None, True]}}
        records.insert("Model", "a", document)
        document["Nested"] = "changed by the caller"
        read = records.get("Model", "a")
        assert read == {"Name": "a", "Nested": {"é": [1, 2.5, None, True]}}
        assert read is not None
        read["Name"] = "changed by the reader"
        assert records.get("Model", "a") != read

    def test_an_unknown_key_reads_as_none(self, records: Records) -> None:
        records.insert("Model", "a", {})
        assert records.get("Model", "b") is None
        assert records.get("Pipeline", "a") is None

    def test_a_second_insert_is_refused_and_changes_nothing(self, records: Records) -> None:
        records.insert("Model", "a", {"n": 1})
        with pytest.raises(RecordExists):
            records.insert("Model", "a", {"n": 2})
        assert records.get("Model", "a") == {"n": 1}

    def test_list_keeps_the_order_of_insertion_when_a_document_is_replaced(
        self, records: Records
    ) -> None:
        for key in ("c", "a", "b"):
            records.insert("Model", key, {"key": key})
        records.put("Model", "c", {"key": "c2"})
        records.update("Model", "a", lambda document: {**document, "more": 1})
        assert [d["key"] for d in records.list("Model")] == ["c2", "a", "b"]

    def test_list_takes_a_prefix_literally(self, records: Records) -> None:
        for key in ("a/1", "a/2", "ab/1", "a_", "a%", "A/1"):
            records.insert("Step", key, {"key": key})
        assert [d["key"] for d in records.list("Step", "a/")] == ["a/1", "a/2"]
        assert [d["key"] for d in records.list("Step", "a%")] == ["a%"]

    def test_list_finds_documents_by_a_member(self, records: Records) -> None:
        names = ("a", "b", 'a "quoted"', "ä", "a%", "")
        for index, name in enumerate(names):
            inner = {"Name": "a"}
            records.insert("K", f"k{index}", {"Name": name, "Inner": inner, "Index": index})
        records.insert("K", "without", {"Inner": {"Name": "b"}, "Text": '"Name": "b"'})
        for index, name in enumerate(names):
            found = records.list("K", having=("Name", name))
            assert [document["Index"] for document in found] == [index]
        assert records.list("K", "k1", having=("Name", "a")) == []

    def test_update_returns_the_new_document_and_refuses_an_unknown_key(
        self, records: Records
    ) -> None:
        records.insert("Model", "a", {"n": 1})
        assert records.update("Model", "a", lambda d: {"n": d["n"] + 1}) == {"n": 2}
        with pytest.raises(RecordMissing):
            records.update("Model", "b", dict)

    def test_an_update_that_raises_changes_nothing(self, records: Records) -> None:
        records.insert("Model", "a", {"n": 1})
        with pytest.raises(ZeroDivisionError):
            records.update("Model", "a", lambda d: {"n": d["n"] / 0})
        assert records.get("Model", "a") == {"n": 1}
        records.put("Model", "a", {"n": 2})
        assert records.get("Model", "a") == {"n": 2}

    def test_delete_is_quiet_about_unknown_keys(self, records: Records) -> None:
        records.insert("Model", "a", {})
        records.delete("Model", "a")
        records.delete("Model", "a")
        assert records.get("Model", "a") is None

    def test_updates_from_many_threads_are_all_counted(self, records: Records) -> None:
        records.insert("Counter", "n", {"n": 0})

        def count() -> None:
            for _ in range(50):
                records.update("Counter", "n", lambda d: {"n": d["n"] + 1})

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert records.get("Counter", "n") == {"n": 400}
