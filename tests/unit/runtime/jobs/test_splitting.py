"""How input objects become the bodies of requests."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.algorithms.recordio import write_record
from runtime.jobs.splitting import Cut, InputRefused, bodies


def cut(split_type: str, limit: int, *, single: bool = False, gzip: bool = False) -> Cut:
    return Cut(split_type, single, limit, gzip)


def split(folder: Path, content: bytes, how: Cut) -> list[bytes]:
    path = folder / "object"
    path.write_bytes(content)
    return list(bodies(path, how))


def test_lines_are_packed_up_to_the_limit_in_order(tmp_path: Path) -> None:
    content = b"aa\nbb\nccccc\nd\n"
    assert split(tmp_path, content, cut("Line", 6)) == [b"aa\nbb\n", b"ccccc\n", b"d\n"]
    assert split(tmp_path, content, cut("Line", 99)) == [content]
    alone = split(tmp_path, content, cut("Line", 99, single=True))
    assert alone == [b"aa\n", b"bb\n", b"ccccc\n", b"d\n"]


def test_blank_lines_are_no_records_and_the_last_line_may_have_no_end(tmp_path: Path) -> None:
    content = b"\n \r\na\r\n\r\n\n\t\nb\n\nc"
    assert split(tmp_path, content, cut("Line", 99)) == [b"a\r\nb\nc"]
    assert split(tmp_path, content, cut("Line", 99, single=True)) == [b"a\r\n", b"b\n", b"c"]
    for nothing in (b"", b"\n", b" \n\n  "):
        assert split(tmp_path, nothing, cut("Line", 99)) == []


def test_a_line_above_the_limit_is_refused_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(
        InputRefused, match="Too much data for max payload size: the line at byte 3"
    ):
        split(tmp_path, b"aa\nbbbbbb\n", cut("Line", 5))


def test_without_splitting_the_object_is_the_body(tmp_path: Path) -> None:
    assert split(tmp_path, b"a\n\nb", cut("None", 4)) == [b"a\n\nb"]
    assert split(tmp_path, b"", cut("None", 4)) == []
    with pytest.raises(InputRefused, match=r"the object is longer than 4 bytes .*set SplitType"):
        split(tmp_path, b"a\n\nbb", cut("None", 4))


def test_records_keep_their_frames_and_lose_their_padding_alone(tmp_path: Path) -> None:
    records = [write_record({name: [1.0, 2.0]}) for name in ("a", "bc", "def")]
    content = b"".join(records)
    assert split(tmp_path, content, cut("RecordIO", 999)) == [content]
    packed = split(tmp_path, content, cut("RecordIO", len(records[0]) + len(records[1])))
    assert packed == [records[0] + records[1], records[2]]
    for body, record in zip(
        split(tmp_path, content, cut("RecordIO", 999, single=True)), records, strict=True
    ):
        (length,) = struct.unpack("<I", record[4:8])
        assert body == record[: 8 + length]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"1,2\n3,4\n", "byte 0: not a RecordIO record"),
        (write_record({"a": [1.0]})[:-4], "byte 0: the object ends inside a record of"),
        (write_record({"a": [1.0]}) + b"\x0a", "ends inside a record's head"),
        (write_record({"a": [1.0] * 99}), "the record at byte 0 is longer than 200 bytes"),
    ],
)
def test_damaged_and_long_records_are_refused(tmp_path: Path, content: bytes, text: str) -> None:
    with pytest.raises(InputRefused, match=text):
        split(tmp_path, content, cut("RecordIO", 200))


def test_gzip_is_unpacked_and_what_is_none_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a\nb\n")
    assert split(tmp_path, packed, cut("Line", 9, gzip=True)) == [b"a\nb\n"]
    for damaged in (b"a\nb\n", packed[:-6], packed[:12] + b"\xff" * 9):
        with pytest.raises(InputRefused, match="CompressionType is Gzip, but the object is not"):
            split(tmp_path, damaged, cut("Line", 9, gzip=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"bcd", b"\r", b" ", b"\n", b"\n"])).map(b"".join),
    st.integers(1, 9),
    st.booleans(),
)
def test_no_record_is_lost_reordered_or_too_long(
    tmp_path: Path, content: bytes, limit: int, single: bool
) -> None:
    records = [line for line in content.split(b"\n") if line.strip()]
    try:
        found = split(tmp_path, content, cut("Line", limit, single=single))
    except InputRefused:
        assert any(len(line) >= limit for line in content.split(b"\n"))
        return
    assert [line for body in found for line in body.split(b"\n") if line] == records
    assert all(0 < len(body) <= limit for body in found)
    assert not single or len(found) == len(records)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["None", "Line", "RecordIO"]), st.booleans())
def test_any_object_is_split_or_refused(
    tmp_path: Path, content: bytes, split_type: str, packed: bool
) -> None:
    try:
        assert all(split(tmp_path, content, cut(split_type, 50, gzip=packed)))
    except InputRefused as refusal:
        assert str(refusal)
