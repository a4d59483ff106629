from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import xgboost as xgb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.algorithms.xgboost import data
from runtime.algorithms.xgboost.channels import Format
from runtime.images._base import AlgorithmFailure


def _load(
    folder: Path, *contents: str | bytes, kind: Format = Format.CSV, weights: bool = False
) -> xgb.DMatrix | None:
    for number, content in enumerate(contents):
        path = folder / f"part-{number}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return data.load(folder, kind, weights=weights, threads=1)


def _loaded(folder: Path, *contents: str, **options: bool) -> xgb.DMatrix:
    matrix = _load(folder, *contents, **options)  # type: ignore[arg-type]
    assert matrix is not None
    return matrix


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", "|"])
def test_the_delimiter_is_found(tmp_path: Path, separator: str) -> None:
    matrix = _loaded(tmp_path, "1,2.5,3\n-4,5,6e2\n".replace(",", separator))
    assert matrix.get_label().tolist() == [1, -4]
    assert matrix.get_data().toarray().tolist() == [[2.5, 3], [5, 600]]


def test_an_empty_field_is_a_missing_value(tmp_path: Path) -> None:
    matrix = _loaded(tmp_path, "1,,3\n4,5,\n")
    assert (matrix.num_row(), matrix.num_col(), matrix.num_nonmissing()) == (2, 2, 2)


def test_weights_stand_in_the_second_column(tmp_path: Path) -> None:
    matrix = _loaded(tmp_path, "1,0.5,7\n2,0.25,8\n", weights=True)
    assert matrix.get_weight().tolist() == [0.5, 0.25]
    assert matrix.num_col() == 1


def test_several_files_and_folders_are_read_in_the_order_of_their_paths(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "x.csv").write_text("3,0\n")
    (tmp_path / "empty.csv").write_text("\n\n")
    matrix = _loaded(tmp_path, "4,0\n5,0", "6,0")
    assert matrix.get_label().tolist() == [3, 4, 5, 6]


def test_a_folder_that_is_too_deep_is_skipped_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The container counts the channel's own folder as the first of three."""
    deep = tmp_path / "2" / "3" / "4"
    deep.mkdir(parents=True)
    (deep / "deep.csv").write_text("3,0\n")
    (deep.parent / "third.csv").write_text("3,0\n")
    assert _loaded(tmp_path, "4,0\n").num_row() == 2
    log = capsys.readouterr().out
    assert "WARNING] The depth of folder" in log
    assert "exceed the limit 3" in log
    assert "Not loaded: deep.csv" in log


def test_a_path_with_the_parsers_own_signs_is_no_problem(tmp_path: Path) -> None:
    folder = tmp_path / "a?format=libsvm#cache;b&c"
    folder.mkdir()
    assert _loaded(folder, "1,2\n").num_row() == 1


def test_no_file_or_only_empty_ones_is_no_data(tmp_path: Path) -> None:
    assert _load(tmp_path) is None
    assert _load(tmp_path, "", "\n") is None


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (["price,rooms\n1,2\n"], ["part-0, row 1, column 1: 'price'", "no header row"]),
        (["1,2,3\n4,abc,6\n"], ["part-0, row 2, column 2: 'abc' is not a number"]),
        (["1,2,3\n", "1,2,3\n1,2,3\n1,2,x\n"], ["part-1, row 3, column 3: 'x'"]),
        (["1,2,3\n1,2\n"], ["part-0, row 2: has 2 columns", "have 3"]),
        (["1,2\n1,2,3\n"], ["part-0, row 2: has 3 columns", "have 2"]),
        (["1,2\n", "1,2,3\n"], ["part-1, row 1: has 3 columns", "have 2"]),
        (["1,2\n,3\n"], ["part-0, row 2, column 1: is empty, but labels"]),
        (['"1",2\n'], ["part-0, row 1, column 1: '\"1\"' is not a number"]),
        (["1\n2\n"], ["Could not determine delimiter on line 1"]),
        ([b"\xff\xfe1\x00,\x002\x00\n\x00"], ["part-0, row 1, column 1"]),
        (["1,2\nnan,3\n"], ["part-0, row 2, column 1: 'nan' is not finite, but labels"]),
        # pandas reads these as numbers, XGBoost's parser as 0.
        (["1,True\n0,True\n"], ["part-0, row 1, column 2: 'True' is not a number"]),
        (["1,2\n3,\x0b4\n"], ["part-0, row 2, column 2: '?4' is not a number"]),
        (["\r,7\n"], ["part-0, row 2, column 1: is empty, but labels"]),
    ],
)
def test_unusable_csv_is_refused_with_file_row_and_column(
    tmp_path: Path, contents: Sequence[str | bytes], words: list[str]
) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        _load(tmp_path, *contents)
    assert all(word in str(failure.value) for word in words), str(failure.value)


def test_hidden_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("1,2\n")
    with pytest.raises(AlgorithmFailure, match="Hidden file found in the data path!"):
        _load(tmp_path, "1,2\n")


def test_libsvm_has_weights_and_sparse_features(tmp_path: Path) -> None:
    matrix = _load(tmp_path, "1:0.5 1:2 3:4.5\n0:2 2:1\n", kind=Format.LIBSVM)
    assert matrix is not None
    assert matrix.get_label().tolist() == [1, 0]
    assert matrix.get_weight().tolist() == [0.5, 2]
    assert matrix.num_nonmissing() == 3


@pytest.mark.parametrize("row", ["a 1:2", "1 x:2", "1 2", "1,2,3", "1 1:2:3"])
def test_a_row_that_is_not_libsvm_is_refused_with_its_number(tmp_path: Path, row: str) -> None:
    with pytest.raises(AlgorithmFailure) as failure:
        _load(tmp_path, f"1 1:1\n{row}\n", kind=Format.LIBSVM)
    assert str(failure.value).startswith(f"Row 2 '{row}...' of file 'part-0' is not 'LIBSVM'")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nan 1:2", "is not 'LIBSVM' format"),
        ("1 1:inf", "is not 'LIBSVM' format"),
        ("1 \u0661:2", "is not 'LIBSVM' format"),
        ("1 10000000:2", "part-0, row 1: the index 10000000 is too large"),
        ("1 99999999999:2", "is too large; allowed: less than 10000000"),
    ],
)
def test_what_xgboosts_libsvm_parser_would_lose_or_wrap_is_refused(
    tmp_path: Path, row: str, words: str
) -> None:
    with pytest.raises(AlgorithmFailure, match=words):
        _load(tmp_path, f"{row}\n", kind=Format.LIBSVM)


# XGBoost refuses what it cannot tell from infinity.
_NUMBERS = st.floats(-1e30, 1e30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(_NUMBERS, min_size=n, max_size=n), min_size=1)
    ),
    _NUMBERS,
)
def test_every_table_of_numbers_is_read_whole(
    tmp_path: Path, rows: list[list[float]], label: float
) -> None:
    text = "".join(",".join(map(repr, (label, *row))) + "\n" for row in rows)
    matrix = _loaded(tmp_path, text)
    assert (matrix.num_row(), matrix.num_col()) == (len(rows), len(rows[0]))
