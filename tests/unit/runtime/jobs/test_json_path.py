"""The filters' paths: what they select, and what they are refused for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.jobs.json_path import JsonPathError, parse, select

ROW = ["a", "b", "c", "d", "e", "f", "g"]
BOOK = {"id": 7, "tags": {"x": 1, "y": [2, 3]}, "rows": [{"f": 1, "g": 2}, {"f": 3}, 4]}


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("$", ROW, ROW),
        ("", BOOK, BOOK),
        ("$[1]", ROW, "b"),
        ("$[-1]", ROW, "g"),
        ("$[1,3,5]", ROW, ["b", "d", "f"]),
        ("$[ 0 , -1 ]", ROW, ["a", "g"]),
        ("$[1:]", ROW, ["b", "c", "d", "e", "f", "g"]),
        ("$[1:4]", ROW, ["b", "c", "d", "e"]),
        ("$[:5]", ROW, ["a", "b", "c", "d", "e", "f"]),
        ("$[:]", ROW, ROW),
        ("$[-2:-1]", ROW, ["f", "g"]),
        ("$[0,5:]", ROW, ["a", "f", "g"]),
        ("$[*]", ROW, ROW),
        ("$.id", BOOK, 7),
        ("$.tags.y[0]", BOOK, 2),
        ("$.tags.*", BOOK, [1, [2, 3]]),
        ("$['id']", BOOK, 7),
        ("$['rows','id']", {"id": 1, "rows": 2, "more": 3}, {"rows": 2, "id": 1}),
        ("$.tags.['x','y']", BOOK, {"x": 1, "y": [2, 3]}),
        ("$.rows[*].f", BOOK, [1, 3]),
        ("$.rows[0,1].f", BOOK, [1, 3]),
        ("$.rows[:1].g", BOOK, [2]),
        ("$['a b.c']", {"a b.c": 1}, 1),
    ],
)
def test_a_path_selects(path: str, document: Any, expected: Any) -> None:
    assert select(parse(path), document) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("id", "must start with '$'"),
        ("$..id", "'..id' is not understood"),
        ("$[", "'[' is not understood"),
        ("$[]", "'[]' is not understood"),
        ("$['a]", "'['a]' is not understood"),
        ("$[1:2:3]", "'[1:2:3]' is not understood"),
        ("$[?(@.a)]", "is not understood; expected '.name'"),
        (
            "$[0:2,246:]",
            "Invalid JsonPath: $[0:2,246:]: only single range filters of format (eg: [1:5]) are "
            "supported. Format [0:2,246:] is not supported",
        ),
    ],
)
def test_what_is_no_path_of_the_subset_is_refused(path: str, text: str) -> None:
    with pytest.raises(JsonPathError) as refusal:
        parse(path)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "document", "text"),
    [
        ("$[7]", ROW, "the index 7 is not within the 7 elements"),
        ("$[-8]", ROW, "the index -8 is not within"),
        ("$[3:7]", ROW, "the index 7 is not within"),
        ("$[3:1]", ROW, "the range from 3 to 1 has no elements"),
        ("$.name", BOOK, "no attribute 'name'; it has: id, tags, rows"),
        ("$['id','name']", BOOK, "no attribute 'name'"),
        ("$.id.x", BOOK, "'x' was looked for in a number"),
        ("$[0]", BOOK, "an index was used on an object"),
        ("$.id.*", BOOK, "'*' was used on a number"),
    ],
)
def test_what_a_document_has_not_is_an_error(path: str, document: Any, text: str) -> None:
    with pytest.raises(JsonPathError, match=text.replace("*", "[*]")):
        select(parse(path), document)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["a", "b", "id"]), inner),
    max_leaves=10,
)
PATHS = st.lists(
    st.sampled_from(
        [".a", ".b", ".id", ".*", "[*]", "['a']", "['a','b']", "[0]", "[-1,0]", "[1:]", "[:0]", "["]
    ),
    max_size=4,
).map(lambda steps: "$" + "".join(steps))


@given(PATHS | st.text("$.[]'*,:-ab01 ", max_size=12), DOCUMENTS)
def test_any_path_selects_json_or_is_refused(path: str, document: Any) -> None:
    try:
        json.dumps(select(parse(path), document))
    except JsonPathError as refusal:
        assert str(refusal)


@given(st.lists(st.integers(), min_size=1, max_size=9), st.data())
def test_both_ends_of_a_range_are_in_it(row: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(row) - 1))
    end = data.draw(st.integers(start, len(row) - 1))
    assert select(parse(f"$[{start}:{end}]"), row) == row[start : end + 1]
    assert select(parse(f"$[{start - len(row)}:{end - len(row)}]"), row) == row[start : end + 1]
