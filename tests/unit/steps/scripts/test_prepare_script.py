"""prepare.py as a function: how columns become features, how rows are dealt, and that nothing leaks."""

from __future__ import annotations

import csv
import itertools
import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steps.scripts import prepare

Write = Callable[..., Path]


class Prepared:
    """What one run wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = json.loads((folder / "manifest/features.json").read_text())
        self.features: list[str] = self.manifest["features"]

    def rows(self, name: str) -> list[list[float]]:
        text = (self.folder / name / f"{name}.csv").read_text()
        return [[float(field) for field in line.split(",")] for line in text.splitlines()]

    def column(self, feature: str, *names: str) -> list[float]:
        at = 1 + self.features.index(feature)
        parts = names or ("train", "validation", "test")
        return [row[at] for name in parts for row in self.rows(name)]

    def by_label(self, feature: str) -> dict[float, float]:
        at = 1 + self.features.index(feature)
        return {
            row[0]: row[at] for name in ("train", "validation", "test") for row in self.rows(name)
        }


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write(columns: Mapping[str, Sequence[Any]], name: str = "houses.csv") -> Path:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        return folder

    return write


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Prepared]:
    def run(source: Path, *options: str, label: str = "price", to: str = "out") -> Prepared:
        arguments = [
            "--input",
            str(source),
            "--output",
            str(tmp_path / to),
            "--label-column",
            label,
        ]
        assert prepare.main([*arguments, *options]) == 0
        return Prepared(tmp_path / to)

    return run


def labels(rows: int = 100) -> list[int]:
    """Distinct labels, so that a row is known by its label."""
    return [1000 + row for row in range(rows)]


class TestSplits:
    def test_every_row_is_in_exactly_one_of_the_80_10_10_parts(
        self, table: Write, run: Any
    ) -> None:
        out = run(table({"price": labels(205), "area": [(row * 7) % 50 for row in range(205)]}))
        parts = {
            name: [row[0] for row in out.rows(name)] for name in ("train", "validation", "test")
        }
        assert {name: len(part) for name, part in parts.items()} == {
            "train": 165,
            "validation": 20,
            "test": 20,
        }
        assert sorted(itertools.chain(*parts.values())) == labels(205)

    def test_features_are_the_test_rows_without_the_label(self, table: Write, run: Any) -> None:
        out = run(table({"price": labels(), "area": [(row * 7) % 50 for row in range(100)]}))
        assert out.rows("features") == [row[1:] for row in out.rows("test")]

    def test_the_split_depends_on_the_seed(self, table: Write, run: Any) -> None:
        source = table({"price": labels(), "area": [(row * 7) % 50 for row in range(100)]})
        first, second = run(source, "--seed", "0", to="a"), run(source, "--seed", "1", to="b")
        assert first.rows("test") != second.rows("test")

    def test_the_same_seed_deals_the_same_rows_on_every_platform(self) -> None:
        parts = prepare.split(30, 7)
        assert parts["test"].tolist() == [25, 4, 15]
        assert parts["validation"].tolist() == [19, 3, 22]

    def test_the_same_input_gives_the_same_bytes(self, table: Write, run: Any) -> None:
        source = table({"price": labels(), "area": ["", *range(99)], "kind": ["a", "b"] * 50})
        first, second = run(source, to="a"), run(source, to="b")
        for path in sorted(first.folder.rglob("*.*")):
            assert (
                path.read_bytes() == (second.folder / path.relative_to(first.folder)).read_bytes()
            )

    def test_what_validation_and_test_rows_hold_changes_nothing_in_train(
        self, table: Write, run: Any
    ) -> None:
        """Medians, categories and frequencies come from train rows only: no leakage."""
        parts = prepare.split(200, 0)
        elsewhere = {*parts["validation"].tolist(), *parts["test"].tolist()}
        honest = {
            "price": labels(200),
            "area": [str((row * 13) % 90) if row % 7 else "" for row in range(200)],
            "kind": ["abc"[row % 3] for row in range(200)],
            "street": [f"street {row % 60}" for row in range(200)],
            "built": [f"19{50 + row % 40}-0{1 + row % 9}-11" for row in range(200)],
        }
        changed = {
            "price": honest["price"],
            **{
                name: [f"{99999 + row}" if row in elsewhere else cells[row] for row in range(200)]
                for name, cells in honest.items()
                if name != "price"
            },
        }
        first, second = run(table(honest), to="a"), run(table(changed), to="b")
        assert first.rows("train") == second.rows("train")
        for fact in ("medians", "categories", "frequencies", "kind", "features"):
            for column, facts in first.manifest["columns"].items():
                assert facts.get(fact) == second.manifest["columns"][column].get(fact)
        assert first.rows("test") != second.rows("test")


class TestEncodings:
    def test_a_missing_number_becomes_the_train_median_and_is_marked(
        self, table: Write, run: Any
    ) -> None:
        out = run(table({"price": labels(), "area": [10, "", 30, "NA", 20] * 20}))
        median = out.manifest["columns"]["area"]["medians"]["area"]
        assert out.features == ["area", "area:missing"]
        train = [
            a
            for a, gap in zip(
                out.column("area", "train"), out.column("area:missing", "train"), strict=True
            )
            if not gap
        ]
        assert median == float(np.median(train))
        for value, gap in zip(out.column("area"), out.column("area:missing"), strict=True):
            assert (value == median) if gap else (value in (10, 20, 30))

    def test_a_gap_that_train_does_not_know_is_filled_without_an_indicator(
        self, table: Write, run: Any
    ) -> None:
        held_out = int(prepare.split(100, 0)["test"][0])
        area: list[Any] = [(row * 7) % 50 for row in range(100)]
        area[held_out] = ""
        out = run(table({"price": labels(), "area": area}))
        assert out.features == ["area"]
        assert (
            out.by_label("area")[1000 + held_out]
            == out.manifest["columns"]["area"]["medians"]["area"]
        )

    def test_few_texts_are_one_hot_and_a_missing_one_is_a_category(
        self, table: Write, run: Any
    ) -> None:
        out = run(table({"price": labels(), "kind": ["flat", "house", "flat", "", "flat"] * 20}))
        assert out.features == ["kind=flat", "kind=(missing)", "kind=house"] or out.features == [
            "kind=flat",
            "kind=house",
            "kind=(missing)",
        ]
        assert all(sum(row[1:]) == 1 for row in out.rows("test"))

    def test_rare_texts_share_the_category_other(self, table: Write, run: Any) -> None:
        kinds = [f"kind {min(row % 40, 37 + row % 3)}" for row in range(400)]
        out = run(table({"price": labels(400), "kind": kinds}))
        facts = out.manifest["columns"]["kind"]
        assert len(facts["categories"]) == 25
        assert len(facts["other"]) == len(set(kinds)) - 25
        assert out.features[-1] == "kind=(other)"
        assert all(sum(row[1:]) == 1 for row in out.rows("train"))

    def test_many_texts_become_their_frequency_in_train(self, table: Write, run: Any) -> None:
        streets = [f"street {int(row**0.75)}" for row in range(300)]
        out = run(table({"price": labels(300), "street": streets}))
        known = out.manifest["columns"]["street"]["frequencies"]
        assert out.features == ["street:frequency"]
        assert math.isclose(sum(known.values()), 1)
        for label, share in out.by_label("street:frequency").items():
            assert share == known.get(streets[int(label) - 1000], 0)

    @pytest.mark.parametrize(
        "cells",
        [
            ["2019-03-04", "2020-12-25"],
            ["2019-03-04 10:30:00", "2020-12-25T23:59:59Z"],
            ["20190304T000000", "20201225T000000"],
            ["20190304", "20201225"],
            ["03/04/2019", "12/25/2020"],
            ["04/03/2019", "25/12/2020"],
            ["3/4/19", "12/25/20"],
            ["04.03.2019", "25.12.2020"],
            ["04-Mar-2019", "25-Dec-2020"],
            ["Mar 4, 2019", "Dec 25, 2020"],
        ],
    )
    def test_a_date_becomes_year_month_and_days(
        self, cells: list[str], table: Write, run: Any
    ) -> None:
        out = run(table({"price": labels(), "sold": cells * 50}))
        assert out.features == ["sold:year", "sold:month", "sold:days"]
        rows = {tuple(row[1:]) for row in out.rows("train")}
        assert rows == {(2019, 3, 737122), (2020, 12, 737784)}

    def test_yes_and_no_become_1_and_0(self, table: Write, run: Any) -> None:
        out = run(table({"price": labels(), "pool": ["yes", "No"] * 50}))
        assert out.features == ["pool"]
        assert out.by_label("pool")[1000] == 1
        assert out.by_label("pool")[1001] == 0

    def test_currency_and_thousands_are_read(self, table: Write, run: Any) -> None:
        out = run(table({"price": [f"${1000 + row:,}" for row in range(100)], "area": [1, 2] * 50}))
        assert sorted(out.by_label("area")) == labels()

    def test_a_word_among_many_numbers_counts_as_missing_and_is_told(
        self, table: Write, run: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        area: list[Any] = [(row * 7) % 50 for row in range(100)]
        area[int(prepare.split(100, 0)["train"][0])] = "about 20"
        out = run(table({"price": labels(), "area": area}))
        assert out.manifest["columns"]["area"]["unreadable"] == 1
        assert "area: numeric, 1 unreadable cells taken as missing" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("name", "cells", "reason"),
        [
            ("id", [5000 + 3 * row for row in range(100)], "identifier"),
            ("HouseId", [900 - row for row in range(100)], "identifier"),
            ("", list(range(100)), "identifier"),
            ("order", list(range(1, 101)), "identifier"),
            ("address", [f"{row} High Street" for row in range(100)], "identifier"),
            ("city", ["Ghent"] * 100, "same value"),
            ("floors", [1] * 100, "same value"),
            ("notes", [""] * 100, "same value"),
        ],
    )
    def test_a_column_without_anything_to_learn_is_dropped_with_the_reason(
        self, name: str, cells: list[Any], reason: str, table: Write, run: Any
    ) -> None:
        out = run(
            table({"price": labels(), "area": [(row * 7) % 50 for row in range(100)], name: cells})
        )
        assert out.features == ["area"]
        assert reason in out.manifest["dropped"][name or "unnamed_3"]

    def test_columns_can_be_dropped_by_name(self, table: Write, run: Any) -> None:
        source = table(
            {"price": labels(), "area": [1, 2] * 50, "rooms": [3, 4] * 50, "b": [0, 1] * 50}
        )
        out = run(source, "--drop-columns", " rooms , b")
        assert out.features == ["area"]
        assert out.manifest["dropped"] == dict.fromkeys(("rooms", "b"), "named in --drop-columns")

    @pytest.mark.parametrize("nothing", ["none", "", "none,"])
    def test_dropping_nothing_has_a_word(self, nothing: str, table: Write, run: Any) -> None:
        source = table({"price": labels(), "area": [1, 2] * 50})
        assert run(source, "--drop-columns", nothing).features == ["area"]

    def test_rows_without_a_label_are_left_out_and_counted(self, table: Write, run: Any) -> None:
        price: list[Any] = labels()
        price[3] = price[77] = ""
        out = run(table({"price": price, "area": [(row * 7) % 50 for row in range(100)]}))
        assert out.manifest["rows"] == {
            "read": 100,
            "without_label": 2,
            "train": 80,
            "validation": 9,
            "test": 9,
        }

    def test_the_manifest_profiles_every_column(self, table: Write, run: Any) -> None:
        price: list[Any] = labels()
        price[3] = ""
        area = ["" if row % 10 == 0 else row % 7 for row in range(100)]
        out = run(table({"price": price, "area": area, "id": list(range(100))}))
        assert out.manifest["missing"] == {"price": 1, "area": 10, "id": 0}
        known = [value for value in price if value != ""]
        assert out.manifest["label_deciles"][0] == min(known)
        assert out.manifest["label_deciles"][-1] == max(known)
        assert len(out.manifest["label_deciles"]) == 11

    @given(st.lists(st.floats(-3e38, 3e38), min_size=40, max_size=60, unique=True))
    def test_numbers_are_written_so_that_they_read_back_the_same(
        self, numbers: list[float]
    ) -> None:
        arrays = [np.array(numbers)]
        path = Path(self.folder) / "x.csv"
        prepare._write_rows(path, arrays, np.arange(len(numbers)))
        assert [float(line) for line in path.read_text().split()] == numbers

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        type(self).folder = str(tmp_path_factory.mktemp("numbers"))


class TestFiles:
    def test_several_files_are_one_table_whatever_their_column_order(
        self, table: Write, run: Any
    ) -> None:
        table({"price": labels()[:50], "area": [1, 2] * 25}, "part-1.csv")
        source = table({"area": [3, 4] * 25, "price": labels()[50:]}, "part-0")
        for hidden in ("_SUCCESS", ".part.crc"):
            (source / hidden).write_bytes(b"\0")
        out = run(source)
        assert out.manifest["files"] == ["part-0", "part-1.csv"]
        assert out.by_label("area")[1000] == 1
        assert out.by_label("area")[1050] == 3

    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_other_delimiters_line_ends_and_a_byte_order_mark_are_fine(
        self, delimiter: str, end: str, tmp_path: Path, run: Any
    ) -> None:
        lines = [
            f"price{delimiter}area",
            "",
            *(f"{row + 1000}{delimiter}{row % 9}" for row in range(100)),
        ]
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.csv").write_bytes(b"\xef\xbb\xbf" + end.join(lines).encode())
        assert sorted(run(tmp_path / "in").by_label("area")) == labels()


ANY_CELL = st.one_of(
    st.sampled_from(["", "NA", "1", "2.5", "-3", "1e400", "inf", "nan", "yes", "no", "2020-01-31"]),
    st.text(max_size=6),
    st.floats().map(repr),
)


class TestAnyBytes:
    """Whatever is in the file, the script gives a result or one sentence, never a traceback."""

    def check(self, folder: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "in").mkdir(parents=True)
        (folder / "in" / "houses.csv").write_bytes(data)
        arguments = ["--input", str(folder / "in"), "--output", str(folder / "out")]
        code = prepare.main([*arguments, "--label-column", "price"])
        error = capsys.readouterr().err
        if code:
            assert error.startswith("prepare.py: ")
            assert error.count("\n") == 1
            assert not (folder / "out").exists()
            return
        out = Prepared(folder / "out")
        for name in ("train", "validation", "test"):
            numbers = np.array(out.rows(name))
            assert numbers.shape == (out.manifest["rows"][name], 1 + len(out.features))
            assert np.isfinite(numbers).all()

    quick = settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )

    @quick
    @given(data=st.binary(max_size=400))
    def test_bytes(self, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.check(tmp_path / "any", data, capsys)

    @quick
    @given(data=st.binary(max_size=40), at=st.integers(0, 2000))
    def test_bytes_within_a_good_file(
        self, data: bytes, at: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        good = b"price,area,kind\n" + b"".join(
            b"%d,%d,flat\n" % (row, row % 7) for row in range(120)
        )
        self.check(tmp_path / "any", good[:at] + data + good[at:], capsys)

    @quick
    @given(
        data=st.data(),
        width=st.integers(1, 3),
        price=st.sampled_from([st.integers(0, 9).map(str), ANY_CELL]),
    )
    def test_cells(
        self,
        data: st.DataObject,
        width: int,
        price: st.SearchStrategy[str],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        row = st.tuples(price, *[ANY_CELL] * width)
        rows = data.draw(st.lists(row, min_size=28, max_size=40))
        lines = [",".join(["price", *"abc"[:width]]), *(",".join(cells) for cells in rows)]
        self.check(tmp_path / "any", "\n".join(lines).encode(errors="replace"), capsys)


class TestRealData:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_least_squares_does_as_well_as_elsewhere(
        self, seed: int, california: Path, tmp_path: Path, run: Any
    ) -> None:
        (tmp_path / "in").mkdir()
        shutil.copy(california, tmp_path / "in")
        out = run(tmp_path / "in", "--seed", str(seed), label="median_house_value")
        train, test = np.array(out.rows("train")), np.array(out.rows("test"))
        design = [np.c_[np.ones(len(part)), part[:, 1:]] for part in (train, test)]
        weights = np.linalg.lstsq(design[0], train[:, 0], rcond=None)[0]
        rmse = float(np.sqrt(np.mean((design[1] @ weights - test[:, 0]) ** 2)))
        assert 66_000 < rmse < 73_700
        assert out.manifest["columns"]["ocean_proximity"]["kind"] == "one-hot"
        assert "total_bedrooms:missing" in out.features
