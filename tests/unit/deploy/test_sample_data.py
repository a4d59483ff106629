"""The synthetic sales: the same bytes everywhere, realistic, and harder for a straight line than for trees."""

from __future__ import annotations

import csv
import hashlib
import inspect
from pathlib import Path

import pytest

from pipelines.deploy import sample_data
from pipelines.deploy.sample_data import write_sample


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    write_sample(path)
    return read(path)


def test_the_defaults_give_4000_sales(sales: list[dict[str, str]]) -> None:
    assert len(sales) == 4000
    columns = list(sales[0])
    assert (columns[0], columns[-1]) == ("id", "price")


def test_the_same_rows_and_seed_give_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", rows=200, seed=3)
    digest = hashlib.sha256((tmp_path / "a.csv").read_bytes()).hexdigest()
    assert digest == "9d01cf1881f05268adad97161f5d3d6121ce2e83cbe460b2ca7f407d863c1091"


def test_another_seed_gives_other_sales(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", rows=50, seed=0)
    write_sample(tmp_path / "b.csv", rows=50, seed=1)
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("rows", [1, 2, 37])
def test_any_number_of_rows_can_be_had(rows: int, tmp_path: Path) -> None:
    write_sample(tmp_path / "new" / "a.csv", rows=rows)
    assert len(read(tmp_path / "new" / "a.csv")) == rows


@pytest.mark.parametrize(("rows", "seed"), [(0, 0), (-5, 0), (10, -1)])
def test_impossible_numbers_are_refused(rows: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"or more but got -?[0-9]+"):
        write_sample(tmp_path / "a.csv", rows=rows, seed=seed)


def test_numbers_are_those_of_houses(sales: list[dict[str, str]]) -> None:
    prices = sorted(int(sale["price"]) for sale in sales)
    assert 50_000 < prices[0] < prices[2000] < prices[-1] < 3_000_000
    assert all(price % 100 == 0 for price in prices)
    assert all(450 <= int(sale["living_area"]) <= 6000 for sale in sales)
    assert all("2019-01-01" <= sale["sale_date"] < "2025-01-01" for sale in sales)
    assert len({sale["id"] for sale in sales}) == 4000


def test_cells_are_missing_where_forms_have_gaps(sales: list[dict[str, str]]) -> None:
    shares = {
        column: sum(not sale[column] for sale in sales) / len(sales)
        for column in sales[0]
        if not all(sale[column] for sale in sales)
    }
    assert shares == pytest.approx(sample_data._MISSING, abs=0.015)


def test_only_plain_uniforms_are_drawn() -> None:
    """numpy may change the stream of any other method of a Generator."""
    source = inspect.getsource(sample_data)
    assert source.count("self._generator.") == source.count("self._generator.random(")
