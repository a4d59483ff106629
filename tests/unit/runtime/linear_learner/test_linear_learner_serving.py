"""Requests and answers of the predictor."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.algorithms.linear_learner.model import Meta, Model, load, save
from runtime.algorithms.linear_learner.serving import LinearPredictor
from runtime.algorithms.recordio import write_record
from runtime.images._base import AlgorithmFailure, InvocationRefused

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
RECORDIO = "application/x-recordio-protobuf"


def model_of(kind: str, loss: str = "logistic") -> Model:
    outputs = 3 if kind == "multiclass_classifier" else 1
    weights = np.array([[1.0] * outputs, [0.1, 0.2, 0.3][:outputs]])
    meta = Meta(kind, loss, "objective", threshold=0.0, f_beta=1.0, top_k=3)
    return Model(weights, np.array([0.5, 0.5, 1.5][:outputs]), meta)


REGRESSOR = LinearPredictor(model_of("regressor"))


def scores(body: bytes, content_type: str) -> list[float]:
    answer, kind = REGRESSOR.predict(body, content_type, JSON)
    assert kind == JSON
    return [row["score"] for row in json.loads(answer)["predictions"]]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"1,10\n2,20\n", CSV),
        (b"1,10\r\n2,20", "text/csv; label_size=0"),
        (b'{"instances": [{"features": [1, 10]}, {"features": [2.0, 20.0]}]}', JSON),
        (
            b'{"instances": [{"data": {"features": {"values": [1, 10]}}},'
            b' {"data": {"features": {"keys": [1, 0], "shape": [2], "values": [20, 2]}}}]}',
            JSON,
        ),
        (b'{"features": [1, 10]}\n\n{"data": {"features": {"values": [2, 20]}}}\n', LINES),
    ],
)
def test_every_form_of_request_gives_the_same_scores(body: bytes, content_type: str) -> None:
    assert scores(body, content_type) == [2.5, 4.5]


def test_a_sparse_row_may_be_all_zeros_and_keys_that_are_empty_say_nothing() -> None:
    zeros = b'{"data": {"features": {"keys": [], "shape": [2], "values": []}}}'
    dense = b'{"data": {"features": {"keys": [], "values": [1, 10]}}}'
    assert scores(zeros + b"\n" + dense, LINES) == [0.5, 2.5]


def test_recordio_requests_and_answers(fit: Any) -> None:
    # Requests have their tensor in the features map (field 1), answers in the label map (field 2).
    answer_record = bytearray(write_record({"values": [1.0, 10.0]}))
    answer_record[8] = 1 << 3 | 2
    answer, kind = REGRESSOR.predict(bytes(answer_record), RECORDIO, RECORDIO)
    assert kind == RECORDIO
    assert answer == write_record({"score": [2.5]})


@pytest.mark.parametrize(
    ("accept", "expected", "kind"),
    [
        (JSON, b'{"predictions": [{"score": 2.5}]}', JSON),
        ("", b'{"predictions": [{"score": 2.5}]}', JSON),
        ("*/*", b'{"predictions": [{"score": 2.5}]}', JSON),
        (LINES, b'{"score": 2.5}\n', LINES),
        ("text/csv, application/jsonlines;q=0.5", b'{"score": 2.5}\n', LINES),
    ],
)
def test_answers_have_the_documented_form(accept: str, expected: bytes, kind: str) -> None:
    assert REGRESSOR.predict(b"1,10", CSV, accept) == (expected, kind)


def test_a_binary_classifier_answers_a_probability_and_a_label() -> None:
    predictor = LinearPredictor(model_of("binary_classifier"))
    answer, _ = predictor.predict(b"1,-30\n1,5\n", CSV, LINES)
    low, high = map(json.loads, answer.splitlines())
    assert low == {"score": pytest.approx(1 / (1 + np.exp(1.5))), "predicted_label": 0.0}
    assert high == {"score": pytest.approx(1 / (1 + np.exp(-2))), "predicted_label": 1.0}
    hinge = LinearPredictor(model_of("binary_classifier", "hinge_loss"))
    assert json.loads(hinge.predict(b"1,5", CSV, LINES)[0])["score"] == 2.0


def test_a_multiclass_classifier_answers_all_probabilities() -> None:
    predictor = LinearPredictor(model_of("multiclass_classifier", "softmax_loss"))
    [row] = json.loads(predictor.predict(b"1,1", CSV, JSON)[0])["predictions"]
    assert row["predicted_label"] == 2.0
    assert sum(row["score"]) == pytest.approx(1)
    assert len(row["score"]) == 3


def test_scores_are_float32_as_the_services() -> None:
    [score] = scores(b"0.123456789,0", CSV)
    assert score == float(np.float32(score))
    assert scores(b"1e38,3e38", CSV)[0] < np.inf


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "message"),
    [
        (b"1,2,3", CSV, JSON, "rows have 3 features but the model has 2"),
        (b"a,b", CSV, JSON, "row 1: looks like a header"),
        (b"1,", CSV, JSON, "row 1, column 2: the value is missing"),
        (b"", CSV, JSON, "it has no rows"),
        (b"1,2", CSV, "text/csv", "Accept 'text/csv' is not allowed; allowed: application/json"),
        (b"1,2", "text/csv;label_size=1", JSON, "text/csv has features only"),
        (
            b"1,2",
            "text/libsvm",
            JSON,
            "ContentType 'text/libsvm' is not allowed; allowed: text/csv",
        ),
        (b"{", JSON, JSON, "not JSON"),
        (b"[]", JSON, JSON, 'expected {"instances"'),
        (b'{"instances": [{"features": [1, NaN]}]}', JSON, JSON, "NaN is not a finite number"),
        (b'{"instances": [{"features": [1, true]}]}', JSON, JSON, "row 1: features must be a list"),
        (b'{"instances": [{"features": [1, 1e39]}]}', JSON, JSON, "row 1: a value is not a finite"),
        (
            b'{"instances": [{"features": [1]}]}',
            JSON,
            JSON,
            "row 1 has 1 features but the model has 2",
        ),
        (b'{"features": 1}', LINES, JSON, "row 1: features must be a list of numbers"),
        (
            b'{"data": {"features": {"keys": [5], "shape": [1000000000000], "values": [1]}}}',
            LINES,
            JSON,
            "expected [2]",
        ),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_the_reason(
    body: bytes, content_type: str, accept: str, message: str
) -> None:
    with pytest.raises(InvocationRefused) as refusal:
        REGRESSOR.predict(body, content_type, accept)
    assert message in str(refusal.value)
    assert refusal.value.status == (406 if message.startswith("Accept") else 400)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["instances", "features", "data", "values", "keys", "shape"]), inner
    ),
    max_leaves=12,
)


@given(document=DOCUMENTS, content_type=st.sampled_from([JSON, LINES]))
def test_any_json_is_answered_or_refused(document: object, content_type: str) -> None:
    _answered_or_refused(json.dumps(document).encode(), content_type)


@given(body=st.binary(max_size=100), content_type=st.sampled_from([CSV, JSON, LINES, RECORDIO]))
def test_any_bytes_are_answered_or_refused(body: bytes, content_type: str) -> None:
    _answered_or_refused(body, content_type)


def _answered_or_refused(body: bytes, content_type: str) -> None:
    try:
        answer, _ = REGRESSOR.predict(body, content_type, JSON)
    except AlgorithmFailure as refusal:
        assert str(refusal)
    else:
        assert json.loads(answer)["predictions"]


def test_a_saved_model_loads_as_it_was(tmp_path: Any) -> None:
    save(model_of("regressor"), tmp_path)
    again = load(tmp_path)
    assert again.weights.tolist() == [[1.0], [0.1]]
    assert again.meta == model_of("regressor").meta


@given(cut=st.integers(0, 700), byte=st.integers(0, 255))
def test_a_damaged_model_file_is_refused_or_whole(
    cut: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    save(model_of("regressor"), folder)
    path = folder / "model_algo-1"
    data = bytearray(path.read_bytes())
    data[cut] = byte
    for content in (bytes(data), bytes(data[:cut])):
        path.write_bytes(content)
        try:
            assert load(folder).weights.shape == (2, 1)
        except AlgorithmFailure as refusal:
            assert "model_algo-1" in str(refusal)


def test_an_artifact_of_something_else_is_refused(tmp_path: Any) -> None:
    with pytest.raises(AlgorithmFailure, match="has no file 'model_algo-1'"):
        load(tmp_path)
