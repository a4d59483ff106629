"""Channels and their files: what is read, and what a refusal says."""

from __future__ import annotations

import contextlib
import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.algorithms.linear_learner.csv_columns import read_large
from runtime.algorithms.linear_learner.csv_text import parse_csv
from runtime.algorithms.linear_learner.data import read_channels
from runtime.algorithms.linear_learner.settings import read_settings
from runtime.algorithms.parsing import ParseError
from runtime.algorithms.recordio import read_records, write_record
from runtime.images._base import AlgorithmFailure, ClientFailure
from runtime.images.linear_learner import LinearLearnerImage

REGRESSOR = {"predictor_type": "regressor"}
GOOD = "1,2,3\n2,3,5\n4,1,0\n5,5,5\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price,rooms\n1,2\n", "row 1: looks like a header (price,rooms); remove it"),
        ("1,2,3\n4,x,6\n", "row 2, column 2: 'x' is not a finite number"),
        ("1,2,3\n4,,6\n", "row 2, column 2: the value is missing; fill it or drop the row"),
        ("1,2,3\n4,5,nan\n", "row 2, column 3: 'nan' is not a finite number"),
        ("1,2,3\n4,5,inf\n", "row 2, column 3: 'inf' is not a finite number"),
        ("1,2,3\n4,5,1e39\n", "row 2, column 3: '1e39' is not a finite number"),
        ("1,2,3\n4,5\n", "row 2: 2 columns, but 3 before"),
        ("1\n2\n", "only one column; the label must be the first column"),
        ("", "channel train: no data"),
        ("\n\n", "channel train: no data"),
    ],
)
def test_unusable_csv_is_refused_by_file_row_and_column(text: str, message: str, fit: Any) -> None:
    with pytest.raises(AlgorithmFailure) as refusal:
        fit({"train": text}, REGRESSOR)
    assert message in str(refusal.value)
    assert "train" in str(refusal.value)
    if text.strip():
        assert "data.csv" in str(refusal.value)


def test_a_refusal_shows_a_handful_of_mistakes_and_says_that_there_are_more(fit: Any) -> None:
    with pytest.raises(AlgorithmFailure) as refusal:
        fit({"train": "1,2\n" + "x,y\n" * 50}, REGRESSOR)
    assert str(refusal.value).count("is not a finite number") == 5
    assert str(refusal.value).endswith("and more")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,2\n3,\xff\xfe\n", "row 2: not UTF-8 text: it has the byte 0xff"),
        (b"1,2\n" * 9000 + b"3,\xe9\n", "row 9001: not UTF-8 text: it has the byte 0xe9"),
        (GOOD.encode("utf-16"), "row 1: not UTF-8 text: it has the byte 0xff"),
        (GOOD.encode("utf-16-le"), "row 1: not UTF-8 text: it has the byte 0x00"),
        (b"1,2\n3,\x00\n", "row 2: not UTF-8 text: it has the byte 0x00"),
        (b"\x00" * 100, "row 1: not UTF-8 text: it has the byte 0x00"),
        (b"1,2\n\x80\n", "row 2: 1 columns, but 2 before"),
    ],
)
def test_text_of_another_encoding_is_refused_naming_file_row_and_byte(
    content: bytes, message: str, fit: Any
) -> None:
    with pytest.raises(
        ClientFailure, match=r"file /opt/ml/input/data/train/data\.csv: row"
    ) as found:
        fit({"train": content}, REGRESSOR)
    assert message in str(found.value)


@pytest.mark.parametrize("row", [1, 1000, 1001])
def test_a_refusal_names_the_block_of_rows_that_the_service_names(row: int, fit: Any) -> None:
    block = "1001-2000" if row > 1000 else "1-1000"
    expected = (
        rf"^Unable to parse csv: rows {block}, file /opt/ml/input/data/train/data.csv: row {row}"
    )
    with pytest.raises(ClientFailure, match=expected):
        fit({"train": "1,2\n" * (row - 1) + "x,2\n"}, REGRESSOR)


def test_one_huge_row_is_read_or_refused_in_time() -> None:
    row = "1" + ",2.5" * 1_200_000
    assert parse_csv(row.encode()).shape == (1, 1_200_001)
    with pytest.raises(ParseError, match="row 1, column 1200002: 'x' is not a finite number"):
        parse_csv(f"{row},x".encode())
    with pytest.raises(ParseError, match="row 2: 2 columns, but 1200001 before"):
        parse_csv(f"{row}\n1,2".encode())


def test_files_below_a_channel_are_read_in_the_order_of_their_paths(fit: Any) -> None:
    rows = GOOD.splitlines(keepends=True)
    parts = {"b.csv": "".join(rows[2:]), "a/1.csv": "".join(rows[:2]), "empty.csv": ""}
    joined, split = fit({"train": GOOD}, REGRESSOR), fit({"train": parts}, REGRESSOR)
    assert _model(joined) == _model(split)


@pytest.mark.parametrize(
    "text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD + "\n\n", '"1","2",3\n' + GOOD[6:]]
)
def test_a_byte_order_mark_line_ends_and_quotes_do_not_matter(text: str, fit: Any) -> None:
    assert _model(fit({"train": text}, REGRESSOR)) == _model(fit({"train": GOOD}, REGRESSOR))


def test_files_of_different_width_are_refused_naming_both(fit: Any) -> None:
    with pytest.raises(AlgorithmFailure, match=r"file b\.csv has 1 features but file a.csv has 2"):
        fit({"train": {"a.csv": GOOD, "b.csv": "1,2\n"}}, REGRESSOR)


def test_a_validation_channel_of_another_width_is_refused(fit: Any) -> None:
    with pytest.raises(AlgorithmFailure, match="channel validation has 1 features"):
        fit({"train": GOOD, "validation": "1,2\n"}, REGRESSOR)


def test_feature_dim_must_be_that_of_the_data(fit: Any) -> None:
    with pytest.raises(AlgorithmFailure, match=r"feature_dim: 3 was given .* has 2 features"):
        fit({"train": GOOD}, {**REGRESSOR, "feature_dim": "3"})
    fit({"train": GOOD}, {**REGRESSOR, "feature_dim": "2"})


def test_channels_that_the_algorithm_does_not_have_are_refused(fit: Any) -> None:
    with pytest.raises(ClientFailure) as refusal:
        fit({"train": GOOD, "eval": GOOD}, REGRESSOR)
    assert str(refusal.value) == (
        "Additional properties are not allowed (u'eval' was unexpected) (caused by ValidationError)"
        "\n\nCaused by: channel 'eval' is not allowed; allowed: train, validation, test"
    )
    with pytest.raises(ClientFailure, match=r"^u'train' is a required property .*caused by"):
        fit({"validation": GOOD}, REGRESSOR)


@pytest.mark.parametrize("content_type", ["text/libsvm", "text/csv;label_size=0", "csv"])
def test_other_content_types_are_refused_naming_what_is_allowed(
    content_type: str, fit: Any
) -> None:
    with pytest.raises(AlgorithmFailure, match=r"ContentType .* is not allowed.*text/csv"):
        fit({"train": GOOD}, REGRESSOR, content_type)


def test_labels_of_a_classifier_are_checked(fit: Any) -> None:
    with pytest.raises(AlgorithmFailure, match=r"label 2 in row 2 .* allowed: integers 0 to 1"):
        fit({"train": "1,2\n2,3\n"}, {"predictor_type": "binary_classifier"})


@pytest.mark.parametrize(
    ("wrong", "service"),
    [
        ({"los": "x"}, "Additional properties are not allowed (u'los' was unexpected)"),
        (
            {"los": "x", "batch": "1", "epochs": "0"},
            "Additional properties are not allowed (u'batch', u'los' were unexpected)",
        ),
        ({"epochs": "0"}, "u'0' is not valid under any of the given schemas"),
        ({"loss": "median"}, "u'median' is not valid under any of the given schemas"),
        ({"use_bias": "maybe"}, "u'maybe' is not valid under any of the given schemas"),
        ({"loss": "logistic"}, "Hyperparameters do not fit each other"),
    ],
)
def test_a_wrong_hyperparameter_is_refused_in_the_words_of_the_service_and_explained(
    wrong: dict[str, str], service: str, fit: Any
) -> None:
    with pytest.raises(ClientFailure) as refusal:
        fit({"train": GOOD}, {**REGRESSOR, **wrong})
    words, _, explanation = str(refusal.value).partition("\n\nCaused by: ")
    assert words == f"{service} (caused by ValidationError)"
    assert all(name in explanation for name in wrong)


def test_a_missing_predictor_type_is_named(fit: Any) -> None:
    with pytest.raises(ClientFailure) as refusal:
        fit({"train": GOOD}, {})
    assert str(refusal.value).startswith(
        "No value(s) were specified for 'predictor_type' which are required hyperparameter(s)"
    )
    assert "allowed: binary_classifier, multiclass_classifier, regressor" in str(refusal.value)


def test_all_wrong_hyperparameters_are_in_one_refusal(fit: Any) -> None:
    with pytest.raises(ClientFailure) as refusal:
        fit({"train": GOOD}, {"predictor_type": "regressor", "epochs": "0", "los": "squared_loss"})
    assert "epochs: '0' is not allowed" in str(refusal.value)
    assert "did you mean 'loss'?" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[]", '{"predictor_type": 1}'])
def test_a_broken_hyperparameter_file_is_a_refusal(text: str, tmp_path: Path) -> None:
    (tmp_path / "input" / "config").mkdir(parents=True)
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(text)
    with pytest.raises(AlgorithmFailure, match="hyperparameters"):
        LinearLearnerImage().train(tmp_path)


def _line(row: list[float]) -> str:
    return ",".join(map(repr, row))


NUMBER = st.floats(-1e30, 1e30)


@given(
    table=st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(NUMBER, min_size=n, max_size=n), min_size=1)
    )
)
def test_numbers_written_as_csv_are_read_back_exactly(table: list[list[float]]) -> None:
    assert parse_csv("\n".join(map(_line, table)).encode()).tolist() == table


@given(data=st.binary(max_size=200))
def test_any_bytes_as_csv_are_a_finite_table_or_a_parse_error(data: bytes) -> None:
    with contextlib.suppress(ParseError):
        assert np.isfinite(parse_csv(data)).all()


@given(text=st.text(alphabet='0123456789.,-+eE"\n\r\t nainf_x\x00é', max_size=80))
def test_any_text_like_csv_is_a_finite_table_or_an_explained_error(text: str) -> None:
    try:
        assert np.isfinite(parse_csv(text.encode())).all()
    except ParseError as error:
        assert str(error)


@given(
    rows=st.lists(
        st.lists(
            NUMBER.map(repr)
            | st.text(alphabet="0123456789.-+eE ", max_size=6)
            | st.sampled_from(["nan", "inf", "", '"1"', "1e39", "1e-400", "0x1p3", "1_0", "\x00"]),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    ),
    ends=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
def test_the_fast_reader_reads_what_the_exact_reader_reads_or_leaves_it(
    rows: list[list[str]], ends: str
) -> None:
    text = ends.join(map(",".join, rows)).encode()
    fast = read_large(text)
    if fast is not None:
        assert fast.tolist() == parse_csv(text).tolist()


@given(data=st.binary(max_size=200))
def test_any_bytes_are_left_or_read_alike_by_the_fast_reader(data: bytes) -> None:
    fast = read_large(data)
    if fast is not None:
        assert fast.tolist() == parse_csv(data).tolist()


def test_a_large_file_is_read_like_its_parts(tmp_path: Path) -> None:
    text = "".join(f"{n},{n / 7!r},{-n * 1e-9!r}\n" for n in range(130_000))
    assert len(text) > 4_000_000
    (tmp_path / "large.csv").write_text(text)
    table = parse_csv(tmp_path / "large.csv")
    lines = text.splitlines(keepends=True)
    parts = [
        parse_csv("".join(lines[at : at + 40_000]).encode()) for at in range(0, 130_000, 40_000)
    ]
    assert (table == np.concatenate(parts)).all()
    (tmp_path / "large.csv").write_text(text + "1,2,x\n")
    with pytest.raises(ParseError, match="row 130001, column 3: 'x' is not a finite number"):
        parse_csv(tmp_path / "large.csv")


def _record(features: list[float], label: float) -> bytes:
    """A training record, assembled byte by byte from the documented layout."""
    entries = b""
    for field, values in ((1, features), (2, [label])):
        packed = struct.pack(f"<{len(values)}f", *values)
        tensor = b"\x0a" + bytes([len(packed)]) + packed
        value = b"\x12" + bytes([len(tensor)]) + tensor
        entry = b"\x0a\x06values" + b"\x12" + bytes([len(value)]) + value
        entries += bytes([field << 3 | 2, len(entry)]) + entry
    frame = struct.pack("<II", 0xCED7230A, len(entries)) + entries
    return frame + b"\0" * (-len(entries) % 4)


RECORDS = b"".join(_record([2 * n, 3.5], n) for n in range(6))


def test_recordio_gives_the_same_model_as_csv(fit: Any) -> None:
    text = "".join(f"{n},{2 * n},3.5\n" for n in range(6))
    records = fit({"train": RECORDS}, REGRESSOR, "application/x-recordio-protobuf")
    assert _model(records) == _model(fit({"train": text}, REGRESSOR))


def test_a_sparse_record_is_read_densely() -> None:
    tensor = b"\x0a\x08" + struct.pack("<2f", 1.5, 2.5) + b"\x12\x02\x01\x03" + b"\x1a\x01\x05"
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    payload = b"\x0a" + bytes([len(entry)]) + entry
    frame = struct.pack("<II", 0xCED7230A, len(payload)) + payload + b"\0" * (-len(payload) % 4)
    features, _ = read_records(frame, labelled=False)
    assert features.tolist() == [[0.0, 1.5, 0.0, 2.5, 0.0]]
    with pytest.raises(ParseError, match="record 1: no label"):
        read_records(frame, labelled=True)
    with pytest.raises(ParseError, match="at most 4 wide"):
        read_records(frame, labelled=False, widest=4)


@given(cut=st.integers(1, len(RECORDS) - 1))
def test_a_truncated_recordio_file_is_whole_records_or_a_parse_error(cut: int) -> None:
    with contextlib.suppress(ParseError):
        features, labels = read_records(RECORDS[:cut], labelled=True)
        assert len(features) == len(labels) == cut * 6 // len(RECORDS)


@given(
    data=st.binary(max_size=64), flips=st.lists(st.tuples(st.integers(8, 200), st.integers(0, 255)))
)
def test_corrupt_recordio_never_ends_in_another_error(
    data: bytes, flips: list[tuple[int, int]]
) -> None:
    corrupt = bytearray(RECORDS)
    for position, byte in flips:
        corrupt[position] = byte
    frame = struct.pack("<II", 0xCED7230A, len(data)) + data + b"\0" * (-len(data) % 4)
    for content in (data, bytes(corrupt), frame):
        with contextlib.suppress(ParseError):
            assert np.isfinite(read_records(content, labelled=False)[0]).all()


@given(
    data=st.binary(max_size=80) | st.integers(0, 400).map(lambda cut: RECORDS[:cut]),
    kind=st.sampled_from(["text/csv", "application/x-recordio-protobuf"]),
    label=st.sampled_from(["regressor", "binary_classifier"]),
)
def test_any_file_is_a_dataset_or_a_refusal_that_names_it(
    data: bytes, kind: str, label: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train").mkdir()
        (Path(folder) / "train" / "part-0").write_bytes(data)
        config, settings = {"train": {"ContentType": kind}}, read_settings(
            {"predictor_type": label}
        )
        try:
            found = read_channels(Path(folder), config, settings)["train"]
        except ClientFailure as refusal:
            no_rows = "no data" in str(refusal)
            assert no_rows or "part-0" in str(refusal) or "in row" in str(refusal)
        else:
            assert len(found.features) == len(found.labels) > 0


def test_an_answer_record_can_be_read_by_the_reader_of_the_label_map() -> None:
    record = write_record({"score": [0.5] * 40})
    assert len(record) % 4 == 0
    assert struct.pack("<40f", *[0.5] * 40) in record


def _model(trained: Any) -> bytes:
    return (trained.root / "model" / "model_algo-1").read_bytes()


def test_the_model_file_has_no_pickle_and_documents_itself(fit: Any) -> None:
    trained = fit({"train": GOOD}, REGRESSOR)
    assert [path.name for path in (trained.root / "model").iterdir()] == ["model_algo-1"]
    with np.load(trained.root / "model" / "model_algo-1", allow_pickle=False) as model:
        assert model["weights"].shape == (2, 1)
        assert json.loads(str(model["meta"]))["format"] == "linear-learner-npz-1"
