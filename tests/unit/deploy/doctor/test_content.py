from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.algorithms.xgboost import XGBoost
from pipelines.deploy.doctor._content import READ, Sample, channel_findings, column_findings
from pipelines.deploy.doctor._sources import Source

GOOD = "".join(f"{number * 7 % 11},1.5,,2e3\n" for number in range(40))
LIBSVM = "1 1:0.5 3:2\n0:2 qid:1 2:1e-3\n-1\n"


def findings(data, kind="text/csv", reader=None, *, zipped=False, whole=True):
    data = data.encode() if isinstance(data, str) else data
    source = Source("s3://bbb/k", "Train, train", reader or LinearLearner(), kind, zipped)
    return channel_findings(source, Sample("s3://bbb/k", data, whole))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (GOOD, "text/csv"),
        (GOOD, "csv"),
        ("1,2\n", "text/csv"),
        ('"1","2"\n', "text/csv"),
        ("1\n2\n", "text/csv;label_size=0"),
        (LIBSVM, "text/libsvm"),
        (b"PAR1....", "application/x-parquet"),
        (bytes.fromhex("0a23d7ce00"), "application/x-recordio-protobuf"),
        ("whatever", "application/unheard-of"),
    ],
)
def test_data_that_looks_like_its_type_raises_nothing(data, kind):
    assert findings(data, kind) == []


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        ("price,rooms\n1,2\n", "text/csv", "starts with a header (price, rooms)"),
        ("1,2\n1,NEAR BAY\n", "text/csv", "line 2, column 2: 'NEAR BAY' is no number"),
        ("a,b\nc,d\n", "text/csv", "line 1, column 1: 'a' is no number"),
        ("1,2\n1,2,3\n", "text/csv", "line 2 has 3 values, line 1 has 2"),
        ("1;2\n1;2\n", "text/csv", "has its values apart by ';'"),
        ("1\n2\n", "text/csv", "has one column"),
        ("1,2\n,2\n", "text/csv", "line 2 has no label"),
        ("\n\n", "text/csv", "has no rows"),
        (LIBSVM, "text/csv", "is no number"),
        (b"PAR1\0", "text/csv", "is Parquet, not CSV"),
        (gzip.compress(b"1,2", mtime=0), "text/csv", "is gzip, not CSV"),
        (b"1\0,2", "text/csv", "is binary, not CSV"),
        (GOOD, "text/libsvm", "line 1 is no libsvm"),
        ("", "text/libsvm", "has no rows"),
        (gzip.compress(b"1 1:2", mtime=0), "text/libsvm", "is gzip, not libsvm"),
        (GOOD, "application/x-parquet", "does not start as Parquet does"),
        (GOOD, "recordio-protobuf", "does not start as RecordIO does"),
    ],
)
def test_data_of_another_kind_is_found_out(data, kind, words):
    [found, *_] = findings(data, kind)
    assert found.status == "failed"
    assert words in found.found
    assert found.todo


def test_xgboost_finds_the_delimiter_itself():
    assert findings("1;2\n3;4\n", reader=XGBoost()) == []


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([3] * 30, "the first column is 3 in all"),
        (range(5, 35), "the first column counts the rows"),
    ],
)
def test_a_first_column_that_is_hardly_a_label_is_a_warning(labels, words):
    [found] = findings("".join(f"{label},1\n" for label in labels))
    assert found.status == "warning"
    assert words in found.found


def test_a_few_rows_are_no_reason_to_warn():
    assert findings("3,1\n" * 10) == []


def test_compressed_channels_are_looked_into():
    assert findings(gzip.compress(GOOD.encode()), zipped=True) == []
    assert "header" in findings(gzip.compress(b"a,b\n1,2\n", mtime=0), zipped=True)[0].found
    assert "is not gzip" in findings(GOOD, zipped=True)[0].found


def test_the_line_that_the_sample_cuts_is_not_judged():
    assert findings("1,2\n3,4\n5", whole=False) == []
    assert findings("1,2\n3,4\n5", whole=True) != []


BYTES = st.binary(max_size=300) | st.text(alphabet='0123456789.,;:"\n\r e-a', max_size=300).map(
    str.encode
)
KINDS = ["text/csv", "text/libsvm", "application/x-parquet", "recordio-protobuf"]


@given(BYTES, st.sampled_from(KINDS), st.booleans(), st.booleans())
def test_any_bytes_are_judged(data, kind, zipped, whole):
    for reader in (XGBoost(), LinearLearner()):
        found = findings(data, kind, reader, zipped=zipped, whole=whole)
        assert {each.status for each in found} <= {"failed", "warning"}


@given(BYTES, st.text(max_size=5))
def test_any_bytes_are_taken_for_a_table_or_refused(data, label):
    sample = Sample("s3://bbb/k", data, whole=True)
    assert all(each.todo for each in column_findings(sample, label, ["x"]))


def test_a_row_of_the_longest_sample_is_quick_to_refuse():
    assert findings("1:1 " * (READ // 4 - 1) + "x:y", "text/libsvm")
