"""Parquet and RecordIO channels, and all four readers on files that nobody meant to write."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost as xgb
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runtime.algorithms.xgboost import data, parquet
from runtime.algorithms.xgboost.channels import Format
from runtime.images._base import AlgorithmFailure
from runtime.images.xgboost import XGBoostImage

Record = Callable[..., bytes]
Container = Callable[..., Path]
_RANDOM = np.random.default_rng(3)
_TABLE = pd.DataFrame(
    {
        "price": _RANDOM.normal(size=40),
        "rooms": _RANDOM.integers(1, 9, 40),
        "area": _RANDOM.normal(size=40).astype(np.float32),
    }
)


def _parquet(table: Any, **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(table) if isinstance(table, pd.DataFrame) else table, target, **options
    )
    return target.getvalue()


def _load(folder: Path, kind: Format, *contents: bytes) -> xgb.DMatrix | None:
    for number, content in enumerate(contents):
        (folder / f"part-{number}").write_bytes(content)
    return data.load(folder, kind, weights=False, threads=1)


def _loaded(folder: Path, kind: Format, *contents: bytes) -> xgb.DMatrix:
    matrix = _load(folder, kind, *contents)
    assert matrix is not None
    return matrix


def _cells(matrix: xgb.DMatrix) -> list[list[float]]:
    """Missing values as -9."""
    rows = matrix.get_data()
    cells = np.full(rows.shape, -9.0)
    for row in range(len(cells)):
        there = slice(rows.indptr[row], rows.indptr[row + 1])
        cells[row, rows.indices[there]] = rows.data[there]
    return cells.tolist()


# Parquet


def test_parquet_has_the_label_in_its_first_column_and_nulls_are_missing(tmp_path: Path) -> None:
    table = pa.table({"y": [1, 2], "a": [None, 2.5], "b": [True, None], "c": pa.nulls(2)})
    matrix = _loaded(tmp_path, Format.PARQUET, _parquet(table))
    assert matrix.get_label().tolist() == [1, 2]
    assert _cells(matrix) == [[-9, 1, -9], [2.5, -9, -9]]


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
def test_parquet_is_read_as_the_container_reads_it(tmp_path: Path, compression: str) -> None:
    """Through pandas, whose index is no feature."""
    table = _TABLE.set_index(pd.Index(range(100, 140), name="id"))
    table["rooms"] = table["rooms"].astype("Int8")
    content = _parquet(table, compression=compression, row_group_size=7)
    matrix = _loaded(tmp_path, Format.PARQUET, content)
    cells = pq.read_table(io.BytesIO(content)).to_pandas().to_numpy(dtype=np.float64)
    expected = xgb.DMatrix(cells[:, 1:], label=cells[:, 0])
    assert matrix.num_col() == 2
    assert matrix.get_label().tolist() == expected.get_label().tolist()
    assert (matrix.get_data() != expected.get_data()).nnz == 0


def test_several_parquet_files_are_one_table_in_the_order_of_the_first_ones_columns(
    tmp_path: Path,
) -> None:
    first, second = pa.table({"y": [1.0], "a": [2], "b": [3]}), pa.table(
        {"b": [6], "y": [4.0], "a": [5]}
    )
    matrix = _loaded(tmp_path, Format.PARQUET, _parquet(first), b"", _parquet(second))
    assert matrix.get_label().tolist() == [1, 4]
    assert _cells(matrix) == [[2, 3], [5, 6]]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"y": [1], "s": ["x"]}), "part-0: the column 's' has type string; allowed"),
        (pa.table({"y": [1], "l": [[1, 2]]}), "part-0: the column 'l' has type list"),
        (pa.table({"y": [1], "d": [{"a": 1}]}), "part-0: the column 'd' has type struct"),
        (pa.table({"y": [1]}), "part-0: 1 columns; the label must be the first column"),
        (pa.table({}), "part-0: 0 columns; the label must be the first column"),
        (pa.table([[1], [2], [3]], ["y", "a", "a"]), "part-0: the column 'a' occurs 2 times"),
        (pa.table({"y": [1, None], "a": [1, 2]}), "part-0: row 2: the label is no finite number"),
        (
            pa.table({"y": [1, 2], "a": [1, 1e39]}),
            "part-0: row 2, column 'a': infinite or too large",
        ),
        (
            pa.table({"y": pa.array([], "int8"), "a": pa.array([], "int8")}),
            "Got input data without labels",
        ),
    ],
)
def test_a_parquet_file_that_is_no_table_of_numbers_is_refused(
    tmp_path: Path, table: Any, words: str
) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        _load(tmp_path, Format.PARQUET, _parquet(table))
    assert words in str(failure.value)


def test_parquet_files_of_different_columns_are_refused(tmp_path: Path) -> None:
    tables = [_parquet(pa.table({"y": [1], name: [2]})) for name in "ab"]
    with pytest.raises(AlgorithmFailure, match="part-1: the columns are y, b, but y, a in the fil"):
        _load(tmp_path, Format.PARQUET, *tables)


def test_a_parquet_file_that_claims_more_than_memory_holds_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constant column takes a few bytes for millions of rows."""
    content = _parquet(pa.table({"y": np.zeros(200_000), "a": np.zeros(200_000)}))
    assert len(content) < 10_000
    monkeypatch.setattr(parquet, "_MOST_CELLS", 100_000)
    with pytest.raises(AlgorithmFailure, match="200000 rows of 2 columns are more than 100000 val"):
        _load(tmp_path, Format.PARQUET, content)


# RecordIO


def test_dense_records_train_the_same_trees_as_csv(container: Container, record: Record) -> None:
    rows = np.random.default_rng(5).integers(0, 50, (200, 4)).tolist()
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    records = b"".join(record(features, label) for label, *features in rows)
    table = _parquet(pd.DataFrame(rows, columns=list("yabc")))
    dumps = []
    for content, kind in (
        (text.encode(), "text/csv"),
        (records, "application/x-recordio-protobuf"),
        (table, "application/x-parquet"),
    ):
        files = {"train/data": content, "validation/data": content}
        root = container({"num_round": "5"}, files, content_type=kind)
        XGBoostImage().train(root)
        model = bytearray((root / "model" / "xgboost-model").read_bytes())
        dumps.append(xgb.Booster(model_file=model).get_dump())
    assert dumps[0] == dumps[1] == dumps[2]


def test_what_a_sparse_record_leaves_out_is_missing_and_what_it_has_is_not(
    tmp_path: Path, record: Record
) -> None:
    first = record([0, 5], 1, keys=[2, 0], width=3) + record([], 2, keys=[], width=3)
    second = record([7], 3, keys=[1], width=3)
    matrix = _loaded(tmp_path, Format.RECORDIO, first, second)
    assert _cells(matrix) == [[5, -9, 0], [-9, -9, -9], [-9, 7, -9]]
    assert matrix.get_label().tolist() == [1, 2, 3]


def test_a_dense_record_may_have_missing_values(tmp_path: Path, record: Record) -> None:
    matrix = _loaded(tmp_path, Format.RECORDIO, record([float("nan"), 2], 1))
    assert _cells(matrix) == [[-9, 2]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda r: [r([1], 1), r([1, 2], 1)], "part-1: 2 features, but 1 in the files before it"),
        (lambda r: [r([1], 1), r([1], 1, keys=[0], width=1)], "part-1: sparse and dense records"),
        (lambda r: [r([1], 1) + r([1])], "part-0: record 2: no label"),
        (lambda r: [r([1], 1) + r([1], float("inf"))], "part-0: record 2: the label is no finite"),
        (lambda r: [r([float("inf")], 1)], "part-0: a value is infinite or too large"),
        (lambda r: [b"1,2,3\n4,5,6\n"], "part-0: byte 0: not a RecordIO record"),
    ],
)
def test_unusable_records_are_refused_with_their_file(
    tmp_path: Path, record: Record, make: Callable[[Record], list[bytes]], words: str
) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        _load(tmp_path, Format.RECORDIO, *make(record))
    assert words in str(failure.value)


# Anything


@pytest.fixture(scope="module")
def sound(record: Record) -> Mapping[Format, bytes]:
    rows = [(n % 3, n, 0.5 * n) for n in range(30)]
    return {
        Format.CSV: "".join(f"{y},{a},{b}\n" for y, a, b in rows).encode(),
        Format.LIBSVM: "".join(f"{y}:1 0:{a} 2:{b}\n" for y, a, b in rows).encode(),
        Format.PARQUET: _parquet(_TABLE),
        Format.RECORDIO: b"".join(record([a, b], y) for y, a, b in rows),
    }


def _is_read_or_refused(folder: Path, kind: Format, content: bytes) -> None:
    try:
        matrix = _load(folder, kind, content)
    except AlgorithmFailure as failure:
        text = str(failure)
        assert (
            "part-0" in text or "Could not determine delimiter" in text or "without labels" in text
        )
        return
    if matrix is not None:
        assert len(matrix.get_label()) == matrix.num_row() > 0


_ANY_FORMAT = st.sampled_from(list(Format))
_fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@_fuzz
@example(Format.CSV, b"1,2\r\n3,4\r\n")
@example(Format.CSV, b"\xef\xbb\xbf1,2\n3,4\n")
@example(Format.CSV, b"1,\x00\n")
@example(Format.CSV, b"1,inf\n")
@example(Format.LIBSVM, b"1 1:3.5e38\n")
@example(Format.PARQUET, b"PAR1PAR1")
@example(Format.PARQUET, b"PAR1\xff\xff\xff\x7fPAR1")
@given(_ANY_FORMAT, st.one_of(st.binary(), st.text("01,.:e-n \n\t;#").map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path: Path, kind: Format, content: bytes) -> None:
    _is_read_or_refused(tmp_path, kind, content)


@_fuzz
@given(
    kind=_ANY_FORMAT,
    changes=st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True), st.sampled_from([0, 1, 44, 58, 127, 128, 255])
        ),
        max_size=4,
    ),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path,
    sound: Mapping[Format, bytes],
    kind: Format,
    changes: list[tuple[float, int]],
    kept: float,
) -> None:
    content = bytearray(sound[kind])
    for place, byte in changes:
        content[int(place * len(content))] = byte
    _is_read_or_refused(tmp_path, kind, bytes(content[: int(kept * len(content))]))


@_fuzz
@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(
                [
                    "1",
                    "-2.5",
                    "",
                    "nan",
                    " 3",
                    "4 ",
                    "1e5",
                    "x",
                    "True",
                    "0x1",
                    "\x0b5",
                    "+",
                    "1_0",
                    "\u0661",
                ]
            ),
            min_size=2,
            max_size=3,
        ),
        min_size=1,
        max_size=4,
    ),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
def test_what_is_accepted_as_csv_is_read_as_written(
    tmp_path: Path, cells: list[list[str]], end: str
) -> None:
    text = "".join(",".join(row) + end for row in cells)
    try:
        matrix = _loaded(tmp_path, Format.CSV, text.encode())
    except AlgorithmFailure:
        return
    expected = [[float(cell) if cell.strip() else float("nan") for cell in row] for row in cells]
    assert matrix.get_label().tolist() == [row[0] for row in expected]
    features = np.nan_to_num([row[1 : 1 + matrix.num_col()] for row in expected], nan=-9)
    assert _cells(matrix) == features.tolist()
    # A last column without any value is none to XGBoost's parser.
    assert np.isnan([row[1 + matrix.num_col() :] for row in expected]).all()


@pytest.mark.parametrize("kind", [Format.CSV, Format.LIBSVM])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_text_of_another_encoding_is_refused(
    tmp_path: Path, sound: Mapping[Format, bytes], kind: Format, encoding: str
) -> None:
    with pytest.raises(AlgorithmFailure):
        _load(tmp_path, kind, sound[kind].decode().encode(encoding))


def test_latin_text_is_refused_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(AlgorithmFailure, match=r"part-0, row 2, column 2: 'r.e' is not a number"):
        _load(tmp_path, Format.CSV, "1,2\n3,r\xfce\n".encode("latin-1"))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (Format.CSV, b"1" + b",1" * 300_000),
        (Format.CSV, b"1," + b"1" * 1_000_000),
        (Format.CSV, b"1," + b"1" * 1_000_000 + b"x"),
        (Format.CSV, b"\0" * 1_000_000),
        (Format.LIBSVM, b"1 " + b" ".join(b"%d:1" % n for n in range(100_000))),
        (Format.LIBSVM, b"1" * 1_000_000 + b"x"),
        (Format.LIBSVM, b"1" + b" " * 1_000_000 + b"x"),
    ],
)
def test_one_huge_row_is_no_hang(tmp_path: Path, kind: Format, row: bytes) -> None:
    _is_read_or_refused(tmp_path, kind, row + b"\n")


@pytest.mark.parametrize("kind", list(Format))
def test_empty_files_and_folders_are_no_data(tmp_path: Path, kind: Format) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "_SUCCESS").touch()
    assert _load(tmp_path, kind, b"") is None


@pytest.mark.parametrize("kind", list(Format))
def test_folders_are_read_to_the_third_level(
    tmp_path: Path, sound: Mapping[Format, bytes], kind: Format
) -> None:
    rows = _loaded(tmp_path, kind, sound[kind]).num_row()
    deep = tmp_path / "2" / "3" / "4" / "5"
    deep.mkdir(parents=True)
    for folder in (deep, *list(deep.parents)[:3]):
        (folder / "file").write_bytes(sound[kind])
    assert _loaded(tmp_path, kind).num_row() == 3 * rows
