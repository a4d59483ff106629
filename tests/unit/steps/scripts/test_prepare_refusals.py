"""Unusable input: one sentence that says where, what was found and what to do, and exit code 1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.scripts import prepare

ROWS = [f"{1000 + row},{row % 7},flat" for row in range(60)]
HEADER = "price,area,kind"


def text(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def replaced(row: int, line: str) -> bytes:
    """A good file whose line number `row` (the header is 1) is another."""
    return text(*ROWS[: row - 2], line, *ROWS[row - 1 :])


@pytest.fixture
def refuse(
    tmp_path: Path, message_file: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run on these files; give the sentence, which is on stderr and in the message file alike."""

    def refuse(files: dict[str, bytes], *options: str) -> str:
        for name, data in files.items():
            (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / name).write_bytes(data)
        arguments = ["--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
        if "--label-column" not in options:
            arguments += ["--label-column", "price"]
        assert prepare.main([*arguments, *options]) == 1
        said = message_file.read_text(encoding="utf-8")
        assert capsys.readouterr().err == f"prepare.py: {said}\n"
        assert not (tmp_path / "out").exists()
        return said

    return refuse


CASES: list[tuple[str, bytes, list[str]]] = [
    ("empty file", b"", ["a.csv: is empty"]),
    ("blank file", b"\n \n\n", ["a.csv: is empty"]),
    ("header only", text(), ["a.csv has a header but no rows", "at least 30 rows"]),
    (
        "no header",
        text(*ROWS[1:], header="1,2,flat"),
        ["a.csv, line 1", "numbers ('1', '2')", "header"],
    ),
    ("name twice", text(*ROWS, header="price,area,area"), ["a.csv, line 1: repeats 'area'"]),
    ("short row", replaced(10, "5,6"), ["a.csv, line 10", "2 fields", "header has 3"]),
    ("long row", replaced(7, "5,6,7,8"), ["a.csv, line 7", "4 fields", "header has 3"]),
    ("after a long cell", replaced(5, '5,6,"a\nb"\n5,6'), ["a.csv, line 7", "2 fields"]),
    ("open quote", replaced(9, '5,6,"flat'), ["a.csv, line 9", "is no CSV", "quotes"]),
    ("NUL", replaced(4, "5,\0,flat"), ["a.csv, line 4", "0x00", "UTF-8"]),
    ("Latin-1", replaced(4, "5,6,fl").replace(b"fl\n", b"fl\xe4t\n", 1), ["0xe4", "UTF-8"]),
    ("UTF-16", text(*ROWS).decode().encode("utf-16"), ["a.csv, line 1", "UTF-8"]),
    (
        "label in words",
        replaced(12, "much,6,flat"),
        ["a.csv, line 12, column 'price'", "'much'", "number"],
    ),
    (
        "infinite label",
        replaced(12, "inf,6,flat"),
        ["a.csv, line 12, column 'price'", "'inf'", "finite"],
    ),
    (
        "infinite cell",
        replaced(8, "5,-Infinity,flat"),
        ["a.csv, line 8, column 'area'", "'-Infinity'"],
    ),
    ("huge cell", replaced(8, "5,1e39,flat"), ["a.csv, line 8, column 'area'", "3.4e+38"]),
    ("no labels", text(*(f",{row % 7},flat" for row in range(60))), ["column 'price'", "0 of 60"]),
    ("few labels", text(*ROWS[:29], *([",5,flat"] * 31)), ["29 of 60 rows have a label", "half"]),
    ("few rows", text(*ROWS[:29]), ["29 rows have a label", "at least 30"]),
    ("constant label", text(*(["7,6,flat"] * 60)), ["every label is 7", "varies"]),
    (
        "nothing left",
        text(*(f"{row},1,x" for row in range(60))),
        ["none is left", "'area'", "same value"],
    ),
]


@pytest.mark.parametrize(("data", "parts"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_unusable_data_is_told_in_one_sentence(data: bytes, parts: list[str], refuse: Any) -> None:
    said = refuse({"a.csv": data})
    assert [part for part in parts if part not in said] == []
    assert "\n" not in said


def test_several_bad_labels_are_counted(refuse: Any) -> None:
    said = refuse({"a.csv": text(*ROWS, "x,1,flat", "y,1,flat", "z,1,flat")})
    assert "a.csv, line 62, column 'price': found 'x' (and so in 2 more rows)" in said


def test_an_unknown_label_column_gets_the_near_miss_and_the_list(refuse: Any) -> None:
    said = refuse({"a.csv": text(*ROWS)}, "--label-column", "Price")
    assert "--label-column names 'Price'" in said
    assert "did you mean 'price'?" in said
    assert "choose from 'price', 'area', 'kind'" in said


def test_all_unknown_names_are_told_at_once(refuse: Any) -> None:
    said = refuse({"a.csv": text(*ROWS)}, "--label-column", "cost", "--drop-columns", "aera,zip")
    assert "names 'cost'" in said
    assert "'aera', which the data does not have (did you mean 'area'?)" in said
    assert "names 'zip'" in said


def test_the_label_cannot_be_dropped(refuse: Any) -> None:
    assert "'price', which is the label" in refuse(
        {"a.csv": text(*ROWS)}, "--drop-columns", "price"
    )


def test_files_with_other_columns_are_named_with_them(refuse: Any) -> None:
    other = text(*ROWS, header="price,area,sort")
    said = refuse({"a.csv": text(*ROWS), "b/c.csv": other})
    assert "b/c.csv: columns missing: 'kind', columns added: 'sort'" in said
    assert "columns of a.csv" in said


def test_a_row_is_told_with_its_own_file(refuse: Any) -> None:
    said = refuse({"a.csv": text(*ROWS), "b.csv": replaced(5, "x,1,flat")})
    assert said.startswith("b.csv, line 5, column 'price'")


@pytest.mark.parametrize("hidden", ["_SUCCESS", ".a.csv", ".tmp/a.csv"])
def test_a_folder_without_data_is_told(hidden: str, refuse: Any) -> None:
    assert "no data file" in refuse({hidden: text(*ROWS)})


def test_a_long_sentence_is_cut_to_the_kilobyte_that_the_service_keeps(
    tmp_path: Path, message_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = ",".join(f"größe{row:033}" for row in range(60))
    (tmp_path / "a.csv").write_bytes(text(*[",".join(["1"] * 60)] * 40, header=header))
    assert prepare.main(["--input", str(tmp_path), "--label-column", "preis"]) == 1
    kept = message_file.read_bytes()
    assert 1020 < len(kept) <= 1024
    assert kept.decode() in capsys.readouterr().err


def test_without_the_folder_of_a_container_no_message_is_left(
    tmp_path: Path, message_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message_file.parent.rmdir()
    assert prepare.main(["--input", str(tmp_path), "--label-column", "price"]) == 1
    assert not message_file.parent.exists()
    assert "no data file" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "4294967296", "x", "1.0"])
def test_a_seed_that_is_none_is_a_usage_error(
    seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        prepare.main(["--label-column", "price", "--seed", seed])
    assert stop.value.code == 2
    assert "--seed" in capsys.readouterr().err
