"""The reader of RecordIO-wrapped protobuf: layouts that are read as a table, and all others."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from runtime.algorithms import record_rows
from runtime.algorithms.parsing import ParseError
from runtime.algorithms.recordio import read_records, read_sparse_or_dense

Record = Callable[..., bytes]
FLOAT64, INT32 = 3, 7
_FLOATS = st.floats(-(2.0**99), 2.0**99, width=32)
_TABLE = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.tuples(st.lists(_FLOATS, min_size=width, max_size=width), st.integers(-3, 300)),
        min_size=1,
        max_size=12,
    )
)


@given(rows=_TABLE, kind=st.sampled_from([2, 3, 7]), label_kind=st.sampled_from([2, 3, 7]))
def test_dense_records_of_every_kind_are_read_as_they_were_written(
    record: Record, rows: list[tuple[list[float], int]], kind: int, label_kind: int
) -> None:
    if kind == INT32:
        rows = [([float(int(value) % 1000) for value in values], label) for values, label in rows]
    data = b"".join(record(v, label, kind=kind, label_kind=label_kind) for v, label in rows)
    features, labels = read_records(data, labelled=True)
    assert features.tolist() == [values for values, _ in rows]
    assert labels[:, 0].tolist() == [label for _, label in rows]


@given(
    rows=st.lists(
        st.tuples(st.dictionaries(st.integers(0, 400), _FLOATS, max_size=6), _FLOATS), min_size=1
    )
)
def test_sparse_records_keep_what_they_leave_out_apart_from_zero(
    record: Record, rows: list[tuple[dict[int, float], float]]
) -> None:
    data = b"".join(record([*row.values()], label, keys=[*row], width=401) for row, label in rows)
    features, labels = read_sparse_or_dense(data, labelled=True)
    assert sparse.issparse(features)
    assert features.shape == (len(rows), 401)
    assert [
        dict(zip(features[at].indices.tolist(), features[at].data.tolist(), strict=True))
        for at in range(len(rows))
    ] == [row for row, _ in rows]
    assert labels.tolist() == [label for _, label in rows]
    if all(row for row, _ in rows):
        dense, _ = read_records(data, labelled=True)
        assert dense.tolist() == features.toarray().tolist()


def test_dense_and_sparse_records_in_one_file_share_their_columns(record: Record) -> None:
    data = record([1, 0], 1) + record([7], 2, keys=[1], width=2) + record([3, 4], 3)
    features, labels = read_sparse_or_dense(data, labelled=True)
    assert features.toarray().tolist() == [[1, 0], [0, 7], [3, 4]]
    assert features.nnz == 5  # the zero that was written is no missing value
    assert labels.tolist() == [1, 2, 3]


def test_without_a_shape_the_largest_key_of_the_file_is_the_last_column(record: Record) -> None:
    data = record([1], 1, keys=[0]) + record([2], 1, keys=[300])
    assert read_records(data, labelled=True)[0].shape == (2, 301)


def test_records_of_one_layout_are_read_as_a_table(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of large files: no record is looked at by itself."""
    monkeypatch.setattr(record_rows, "_rows", _unexpected)
    data = b"".join(record([n, 0.5, -n], n % 3, label_kind=INT32) for n in range(1000))
    features, labels = read_records(data, labelled=True)
    assert features.tolist() == [[n, 0.5, -n] for n in range(1000)]
    assert labels[:, 0].tolist() == [n % 3 for n in range(1000)]


def _unexpected(*arguments: Any) -> Any:
    raise AssertionError("read one by one")


@pytest.mark.parametrize("odd", [0, 1, 7, 9])
def test_one_odd_record_among_many_of_a_layout_is_read_as_itself(record: Record, odd: int) -> None:
    """A float64 row of one number is as long as a float32 row of two."""
    rows = [record([n, n + 1], 1) for n in range(10)]
    rows[odd] = record([5], 1, kind=FLOAT64)
    assert len({len(row) for row in rows}) == 1
    number = odd + 1 if odd else 2
    with pytest.raises(ParseError, match=rf"record {number}: \d features, but \d before"):
        read_records(b"".join(rows), labelled=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda r: r([1], 1) + r([2]), "record 2: no label"),
        (lambda r: r([1], 1) + r([], 1), "record 2: no features"),
        (lambda r: r([1], 1) + r([1, 2], 1), "record 2: 2 features, but 1 before"),
        (lambda r: r([1, 2], 1, keys=[3, 3], width=5), "record 1: the key 3 occurs twice"),
        (lambda r: r([1, 2], 1, keys=[3], width=5), "record 1: a sparse row of width 5 has 1 keys"),
        (lambda r: r([1], 1, keys=[5], width=5), r"record 1: .* \(largest 5\)"),
        (lambda r: r([1], 1, keys=[2**63], width=2**64 - 1), "record 1: .* at most 1000000 wide"),
        (lambda r: r([1], 1, width=3) + r([1], 1, keys=[0], width=3), "record 2: 3 features"),
        (lambda r: r([1], float("nan")), "record 1: no label"),
        (lambda r: r([float("nan")], 1), "a value is not a finite number"),
        (lambda r: r([1], 1) + b"\0" * 8, "not a RecordIO record"),
        (lambda r: r([1], 1)[:-8], "the file ends inside a record of"),
    ],
)
def test_what_is_no_table_is_refused_with_the_record(
    record: Record, make: Callable[[Record], bytes], message: str
) -> None:
    with pytest.raises(ParseError, match=message):
        read_records(make(record), labelled=True)


@given(
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=3),
    cut=st.integers(0, 10_000),
    is_sparse=st.booleans(),
)
def test_damaged_files_are_read_or_refused(
    record: Record, flips: list[tuple[int, int]], cut: int, is_sparse: bool
) -> None:
    keys = {"keys": [0, 200], "width": 300} if is_sparse else {}
    data = bytearray(b"".join(record([n, 2.5], n, **keys) for n in range(20)))
    for position, byte in flips:
        data[position % len(data)] = byte
    with contextlib.suppress(ParseError):
        features, labels = read_records(bytes(data[: cut % len(data)]), labelled=True)
        assert len(features) == len(labels)
        assert np.isfinite(features).all()


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_sound_frames_of_anything_are_read_or_refused(payloads: list[bytes]) -> None:
    data = b"".join(
        struct.pack("<II", 0xCED7230A, len(payload)) + payload + b"\0" * (-len(payload) % 4)
        for payload in payloads
    )
    with contextlib.suppress(ParseError):
        read_sparse_or_dense(data, labelled=False)
