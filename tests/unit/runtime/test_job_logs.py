"""A job's log file as events: whole lines, stable times, any place to begin."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.job_logs import Event, Stream

CREATED = 1_700_000_000_000


def stream(folder: Path, *, running: bool = False) -> Stream:
    return Stream("job/algo-1-1700000000", folder / "log", CREATED, running)


def write(folder: Path, data: bytes, seconds: float) -> None:
    """Append, as if it happened so many seconds after the job's creation."""
    with (folder / "log").open("ab") as file:
        file.write(data)
    moment = CREATED / 1000 + seconds
    os.utime(folder / "log", (moment, moment))


def messages(events: list[Event]) -> list[str]:
    return [event.message for event in events]


def test_a_running_job_shows_whole_lines_an_ended_one_all(tmp_path: Path) -> None:
    write(tmp_path, b"one\n\r\ntwo\r\nthr", 1)
    assert messages(list(stream(tmp_path, running=True).events())) == ["one", "two"]
    assert messages(list(stream(tmp_path).events())) == ["one", "two", "thr"]
    assert messages(stream(tmp_path).events_before(14)) == ["one", "two", "thr"]


def test_an_empty_log_has_no_events(tmp_path: Path) -> None:
    write(tmp_path, b"", 0)
    assert list(stream(tmp_path).events()) == []
    assert stream(tmp_path).first_and_last() is None
    write(tmp_path, b"unfinished", 1)
    assert stream(tmp_path, running=True).size() == 0


def test_times_lie_between_creation_and_the_last_write(tmp_path: Path) -> None:
    write(tmp_path, b"a\n" * 10, 10)
    found = list(stream(tmp_path).events())
    assert [event.timestamp - CREATED for event in found] == list(range(1000, 11000, 1000))
    assert stream(tmp_path).first_and_last() == (CREATED + 1000, CREATED + 10000)


def test_times_that_were_read_do_not_change(tmp_path: Path) -> None:
    write(tmp_path, b"a\n" * 5, 10)
    before = list(stream(tmp_path, running=True).events())
    write(tmp_path, b"b\n" * 5, 100)
    after = list(stream(tmp_path, running=True).events())
    assert after[:5] == before
    assert [event.timestamp - CREATED for event in after[5:]] == [
        28000,
        46000,
        64000,
        82000,
        100000,
    ]
    ids = [event.id for event in after]
    assert len(set(ids)) == 10
    assert ids == sorted(ids)


def test_a_note_that_was_cut_off_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, b"a\n", 1)
    list(stream(tmp_path).events())
    (tmp_path / "log.times").write_text(f"2 {CREATED + 1000}\n17")
    assert [event.timestamp for event in stream(tmp_path).events()] == [CREATED + 1000]


def test_a_search_begins_before_the_moment_and_not_at_the_top(tmp_path: Path) -> None:
    for second in range(1, 6):
        write(tmp_path, b"line\n", second)
        list(stream(tmp_path).events())
    start = stream(tmp_path).start_of(CREATED + 3500)
    assert start == 15
    assert all(e.timestamp < CREATED + 3500 for e in stream(tmp_path).events() if e.start < start)


def test_bytes_that_are_no_text_and_endless_lines_are_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, b"\xff\xfe\n" + b"x" * 600_000 + b"\n", 1)
    found = list(stream(tmp_path).events())
    assert found[0].message == "��"
    assert [len(event.message) for event in found[1:]] == [262144, 262144, 75712]


@pytest.mark.parametrize("end", [3_000_000, 1_500_000])
def test_reading_backwards_gives_whole_lines(tmp_path: Path, end: int) -> None:
    write(tmp_path, b"".join(b"%09d\n" % n for n in range(300_000)), 1)
    found = stream(tmp_path).events_before(end)
    assert found[-1].message == f"{end // 10 - 1:09d}"
    assert found[-1].end == end
    assert all(len(event.message) == 9 for event in found)
    assert 90_000 < len(found) < 105_000
