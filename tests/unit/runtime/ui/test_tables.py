"""CSV previews: what columns hold, and that no text can hurt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.ui.tables import COLUMNS, ROWS, kind_of, read_table


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", ""], "integer"),
        (["1", "2.5"], "number"),
        (["1e3", ".5", "NaN"], "number"),
        (["true", "False"], "true/false"),
        (["2024-01-31", "2024-01-31T10:00:00Z"], "date"),
        (["1", "x"], "text"),
        (["1", "2024-01-31"], "text"),
        (["", "NA", "null"], "empty"),
        ([], "empty"),
    ],
)
def test_a_column_is_what_all_its_values_are(cells: list[str], kind: str) -> None:
    assert kind_of(cells) == kind


def test_a_header_is_names_over_values() -> None:
    table = read_table("id,price\n1,2.5\n2,\n", cut=False)
    assert table is not None
    assert table.header
    assert [(c.name, c.kind, c.missing) for c in table.columns] == [
        ("id", "integer", 0),
        ("price", "number", 1),
    ]
    assert table.rows == (("1", "2.5"), ("2", ""))


def test_numbers_on_top_are_no_header() -> None:
    table = read_table("1,2\n3,4\n", cut=False)
    assert table is not None
    assert not table.header
    assert len(table.rows) == 2


def test_the_separator_is_the_most_frequent_of_the_first_line() -> None:
    for separator in ",;\t|":
        table = read_table(f"a{separator}b\n1{separator}2\n", cut=False)
        assert table is not None
        assert [column.name for column in table.columns] == ["a", "b"]


def test_the_broken_last_line_of_a_cut_text_is_left_out() -> None:
    table = read_table("a,b\n1,2\n3", cut=True)
    assert table is not None
    assert table.rows == (("1", "2"),)
    assert table.more_rows


def test_only_so_many_rows_and_columns_are_shown() -> None:
    wide = ",".join(map(str, range(COLUMNS + 5)))
    table = read_table("\n".join([wide] * (ROWS + 5)), cut=False)
    assert table is not None
    assert (len(table.rows), len(table.columns)) == (ROWS, COLUMNS)
    assert table.more_rows
    assert table.more_columns


@given(st.text(alphabet=st.sampled_from(",;\t|\"'\r\n\x00 a1.é-"), max_size=300), st.booleans())
def test_any_text_is_a_table_or_none(text: str, cut: bool) -> None:
    table = read_table(text, cut=cut)
    if table is not None:
        assert all(len(row) <= len(table.columns) for row in table.rows)
        assert len(table.rows) <= ROWS
