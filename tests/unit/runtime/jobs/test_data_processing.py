"""Filters and the join, per content type."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.jobs.data_processing import (
    CSV,
    JSON,
    JSON_LINES,
    KINDS,
    DataProcessing,
    ProcessingRefused,
    media_type,
)
from runtime.jobs.json_path import parse


def processing(
    kind: str, input_filter: str = "$", output_filter: str = "$", *, join: bool = True
) -> DataProcessing:
    return DataProcessing(parse(input_filter), parse(output_filter), join, kind, kind)


def test_nothing_asked_for_changes_nothing() -> None:
    plain = processing("application/x-recordio-protobuf", join=False)
    assert plain.request(b"\xff") == b"\xff"
    assert plain.result(b"\xff", b"\xfe") == b"\xfe"


def test_csv_joins_the_unfiltered_row_with_the_answer() -> None:
    rows = b"id1,1,2\nid2,3,4"
    joined = processing(CSV, "$[1:]")
    assert joined.request(rows) == b"1,2\n3,4\n"
    assert joined.result(rows, b"0.5\n0.6\n") == b"id1,1,2,0.5\nid2,3,4,0.6\n"
    assert processing(CSV, "$[1:]", "$[0,-1]").result(rows, b"0.5\n0.6\n") == b"id1,0.5\nid2,0.6\n"
    assert processing(CSV, "$[2]").request(rows) == b"2\n4\n"


def test_csv_keeps_quoted_fields_whole() -> None:
    rows = b'"a,b",1\r\n"say ""x""",2\r\n'
    answer = b'0,"[0.1, 0.9]"\n1,"[0.9, 0.1]"\n'
    joined = processing(CSV, "$[1:]")
    assert joined.request(rows) == b"1\n2\n"
    assert joined.result(rows, answer).decode() == (
        '"a,b",1,0,"[0.1, 0.9]"\n"say ""x""",2,1,"[0.9, 0.1]"\n'
    )


def test_json_lines_get_the_answer_as_an_attribute() -> None:
    body = b'{"id": 1, "x": {"features": [1]}}\n{"id": 2, "x": {"features": [2]}}\n'
    answer = b'{"score": 0.5}\n{"score": 0.6}\n'
    joined = processing(JSON_LINES, "$.x", "$['id','SageMakerOutput']")
    assert joined.request(body) == b'{"features": [1]}\n{"features": [2]}\n'
    assert [json.loads(line) for line in joined.result(body, answer).splitlines()] == [
        {"id": 1, "SageMakerOutput": {"score": 0.5}},
        {"id": 2, "SageMakerOutput": {"score": 0.6}},
    ]
    score = processing(JSON_LINES, output_filter="$.SageMakerOutput.score")
    assert score.result(body, answer) == b"0.5\n0.6\n"


def test_json_is_one_document() -> None:
    joined = processing(JSON)
    assert json.loads(joined.result('{"key": "é"}'.encode(), b'{"label": 1}')) == {
        "key": "é",
        "SageMakerOutput": {"label": 1},
    }
    assert json.loads(joined.result(b"[1, 2]", b'{"label": 1}')) == {
        "SageMakerInput": [1, 2],
        "SageMakerOutput": {"label": 1},
    }


def test_an_output_filter_without_a_join_filters_the_answer() -> None:
    only = processing(JSON, output_filter="$.predictions[*].score", join=False)
    assert only.result(b"", b'{"predictions": [{"score": 1}, {"score": 2}]}') == b"[1, 2]"


@pytest.mark.parametrize(
    ("kind", "path", "body", "answer", "text"),
    [
        (CSV, "$", b"1,2\n3,4\n", b"0.5\n", "answered 1 records to a request of 2"),
        (CSV, "$[5]", b"1,2\n", b"0.5\n", "OutputFilter: record 1 of the request: the index 5"),
        (CSV, "$", b'1,a"b\n"x\n', b"1\n2\n", "Failed to parse input as CSV"),
        (CSV, "$", b"\xff\n", b"1\n", "Failed to parse input as CSV"),
        (CSV, "$", b"1\n", b"\xff\n", "Failed to parse output from the algorithm as CSV"),
        (JSON_LINES, "$", b"{}\n", b"0.5,\n", "parse output from the algorithm as JSON Lines"),
        (JSON_LINES, "$", b"{\n", b"1\n", "Failed to parse input as JSON Lines"),
        (JSON, "$", b'{"SageMakerOutput": 1}', b"1", "has the attribute 'SageMakerOutput'"),
        (JSON, "$", b"[" * 100_000, b"1", "Failed to parse input as JSON"),
        (JSON, "$", b'{"a": "\\ud800"}', b"1", "cannot be written as JSON"),
        (
            JSON,
            "$.b",
            b'{"a": 1}',
            b"1",
            "OutputFilter: record 1 of the request: the object has no",
        ),
    ],
)
def test_what_cannot_be_joined_or_filtered_is_refused(
    kind: str, path: str, body: bytes, answer: bytes, text: str
) -> None:
    with pytest.raises(ProcessingRefused, match=text):
        processing(kind, output_filter=path).result(body, answer)


def test_a_media_type_has_no_parameters() -> None:
    assert media_type("Text/CSV; charset=utf-8") == CSV


BODIES = st.binary(max_size=30) | st.text('{}[]":,a1\n\r ', max_size=30).map(str.encode)
PATHS = st.sampled_from(["$", "$[0]", "$[1:]", "$[0,-1]", "$.a", "$['a','b']", "$.*", "$[*]"])


@given(st.sampled_from(KINDS), PATHS, PATHS, BODIES, BODIES, st.booleans())
def test_any_request_and_answer_are_processed_or_refused(
    kind: str, first: str, second: str, body: bytes, answer: bytes, join: bool
) -> None:
    asked = processing(kind, first, second, join=join)
    try:
        asked.request(body)
        asked.result(body, answer)
    except ProcessingRefused as refusal:
        assert str(refusal)


FIELDS = st.text('ab,"1 é', max_size=4)


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_csv_that_was_written_is_read_again(rows: list[list[str]]) -> None:
    records = DataProcessing(parse("$[0,1]"), parse("$"), False, CSV, CSV)
    body = b"".join(
        (",".join('"' + field.replace('"', '""') + '"' for field in row) + "\n").encode()
        for row in rows
    )
    once = records.request(body)
    assert records.request(once) == once
    assert processing(CSV, output_filter="$[1]").result(once, b"0\n" * len(rows)) == (
        DataProcessing(parse("$[1]"), parse("$"), False, CSV, CSV).request(body)
    )
