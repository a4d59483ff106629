from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.algorithms.parsing import ParseError
from runtime.algorithms.recordio import RECORDIO, write_record
from runtime.algorithms.xgboost import decoding
from runtime.images._base import AlgorithmFailure, ExecutionParameters, InvocationRefused, Predictor
from runtime.images.xgboost import XGBoostImage

ROWS = np.array([[1.0, 2.0], [3.0, np.nan], [0.5, 0.0]], dtype=np.float32)
CSV = b"1,2\n3,\n0.5,0\n"


def _model(
    folder: Path, name: str = "xgboost-model", seed: int = 0, **parameters: object
) -> xgb.Booster:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(50, 2))
    labels = generator.integers(0, 3, 50) if "num_class" in parameters else features[:, 0] > 0
    matrix = xgb.DMatrix(features, label=labels)
    booster = xgb.train({"nthread": 1, **parameters}, matrix, 3)
    (folder / name).write_bytes(booster.save_raw(raw_format="ubj"))
    return booster


def _predictor(folder: Path, **environment: str) -> Predictor:
    return XGBoostImage().predictor(folder, environment)


def _expected(booster: xgb.Booster) -> list[object]:
    return list(booster.predict(xgb.DMatrix(ROWS)).tolist())


def test_csv_in_one_value_a_line_out(tmp_path: Path) -> None:
    expected = _expected(_model(tmp_path))
    answer = "".join(f"{value}\n" for value in expected).encode()
    for accept in ("text/csv", "*/*", ""):
        assert _predictor(tmp_path).predict(CSV, "text/csv", accept) == (answer, "text/csv")


def test_json_and_json_lines(tmp_path: Path) -> None:
    scores = [{"score": value} for value in _expected(_model(tmp_path))]
    body, kind = _predictor(tmp_path).predict(CSV, "text/csv; charset=utf-8", "application/json")
    assert (json.loads(body), kind) == ({"predictions": scores}, "application/json")
    body, kind = _predictor(tmp_path).predict(CSV, "text/csv", "application/jsonlines")
    assert [json.loads(line) for line in body.splitlines()] == scores
    assert kind == "application/jsonlines"


def test_batch_transform_has_its_own_text_format_whatever_accept_says(tmp_path: Path) -> None:
    expected = _expected(_model(tmp_path, objective="multi:softprob", num_class=3))
    predictor = _predictor(tmp_path, SAGEMAKER_BATCH="true")
    for accept in ("application/json", "image/png"):
        body, _ = predictor.predict(CSV, "text/csv", accept)
        assert body.decode() == "".join(f"{row}\n" for row in expected)
        assert body.startswith(b"[")


def test_recordio_in_and_out(tmp_path: Path) -> None:
    [first, _, third] = _expected(_model(tmp_path))
    body = b"".join(_example([1.0, 2.0])) + b"".join(_example([0.5, 0.0]))
    answer, kind = _predictor(tmp_path).predict(body, RECORDIO, RECORDIO)
    assert kind == RECORDIO
    assert answer == write_record({"score": [first]}) + write_record({"score": [third]})


def _example(values: list[float]) -> tuple[bytes, bytes, bytes]:
    """A record with its tensor in the features map (field 1), where answers have a label map (field 2)."""
    record = write_record({"values": values})
    return record[:8], bytes([1 << 3 | 2]), record[9:]


def test_rows_of_probabilities_are_joined_by_commas(tmp_path: Path) -> None:
    expected = _expected(_model(tmp_path, objective="multi:softprob", num_class=3))
    body, _ = _predictor(tmp_path).predict(CSV, "text/csv", "text/csv")
    assert [list(map(float, line.split(b","))) for line in body.splitlines()] == expected


def test_libsvm_is_the_default_and_may_leave_features_out(tmp_path: Path) -> None:
    booster = _model(tmp_path)
    expected = booster.predict(xgb.DMatrix(np.array([[1.0, 2.0], [0.5, np.nan]]))).tolist()
    for kind in ("", "text/libsvm", "text/x-libsvm"):
        body, _ = _predictor(tmp_path).predict(b"0 0:1 1:2\n0 0:0.5\n", kind, "text/csv")
        assert list(map(float, body.split())) == expected


def test_the_default_accept_comes_from_the_environment(tmp_path: Path) -> None:
    _model(tmp_path)
    predictor = _predictor(tmp_path, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/json")
    assert predictor.predict(CSV, "text/csv", "*/*")[1] == "application/json"


def test_several_models_are_averaged_unless_told_not_to(tmp_path: Path) -> None:
    first = _expected(_model(tmp_path, "xgboost-model-0", seed=1))
    second = _expected(_model(tmp_path, "xgboost-model-1", seed=2))
    (tmp_path / ".hidden").write_text("not a model")
    body, _ = _predictor(tmp_path).predict(CSV, "text/csv", "text/csv")
    assert list(map(float, body.split())) == pytest.approx(np.mean([first, second], axis=0))
    alone = _predictor(tmp_path, SAGEMAKER_INFERENCE_ENSEMBLE="false")
    assert list(map(float, alone.predict(CSV, "text/csv", "")[0].split())) == first


def test_several_models_vote_on_classes(tmp_path: Path) -> None:
    for seed in range(3):
        _model(tmp_path, f"m{seed}", seed=seed, objective="multi:softmax", num_class=3)
    body, _ = _predictor(tmp_path).predict(CSV, "text/csv", "text/csv")
    assert {float(value) for value in body.split()} <= {0.0, 1.0, 2.0}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "text"),
    [
        (b"", "text/csv", 204, "no body"),
        (CSV, "application/json", 415, "Content-type application/json is not supported"),
        (b" \n", "text/csv", 415, "Loading csv data failed with Exception"),
        (b"1,x\n", "text/csv", 415, "row 1: could not convert string to float: 'x'"),
        (b"1,2\n3\n", "text/csv", 415, "row 2 has 1 columns, but row 1 has 2"),
        (b"1,2\n3,4,5\n6\n", "text/csv", 415, "row 2 has 3 columns, but row 1 has 2"),
        (b"1,2\n\n3,4\n", "text/csv", 415, "row 2 has 1 columns, but row 1 has 2"),
        (b"1, \n", "text/csv", 415, "row 1"),
        (b"1,\xff\n", "text/csv", 415, "not UTF-8 text: byte 2"),
        (b"\xef\xbb\xbf1,2\n", "text/csv", 415, "row 1"),
        (b"\x00\x00", "text/csv", 415, "row 1"),
        (b"1,1e39\n", "text/csv", 415, "Loading csv data failed .*inf"),
        (b"1,2,3\n", "text/csv", 400, "Unable to evaluate payload provided"),
        (b"0 a:1\n", "text/libsvm", 415, "Loading libsvm data failed .*row 1"),
        (b"0 -1:1\n", "text/libsvm", 415, "the index -1 is negative"),
        (b"0 9999999999999:1\n", "text/libsvm", 400, "larger than feature size of trained model 2"),
        (b"1,2\n", RECORDIO, 415, "Loading recordio-protobuf data failed .*byte 0"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(
    tmp_path: Path, body: bytes, content_type: str, status: int, text: str
) -> None:
    _model(tmp_path)
    with pytest.raises(InvocationRefused, match=f"(?s){text}") as refusal:
        _predictor(tmp_path).predict(body, content_type, "")
    assert refusal.value.status == status


def test_an_accept_that_is_not_supported_is_refused(tmp_path: Path) -> None:
    _model(tmp_path)
    with pytest.raises(
        InvocationRefused, match="Accept type image/png is not supported"
    ) as refusal:
        _predictor(tmp_path).predict(CSV, "text/csv", "image/png")
    assert refusal.value.status == 406


def test_a_body_has_at_most_max_content_length_bytes(tmp_path: Path) -> None:
    _model(tmp_path)
    predictor = _predictor(tmp_path, MAX_CONTENT_LENGTH="5")
    assert predictor.predict(b"1,2\n", "text/csv", "")
    with pytest.raises(InvocationRefused, match="MAX_CONTENT_LENGTH is 5") as refusal:
        predictor.predict(b"1,2\n3,", "text/csv", "")
    assert refusal.value.status == 413
    with pytest.raises(AlgorithmFailure, match="MAX_CONTENT_LENGTH must be a whole number"):
        _predictor(tmp_path, MAX_CONTENT_LENGTH="6MB")


@pytest.mark.parametrize(("length", "megabytes"), [("", 6), ("10485760", 10), ("99999999", 20)])
def test_execution_parameters_follow_max_content_length(
    tmp_path: Path, length: str, megabytes: int
) -> None:
    _model(tmp_path)
    environment = {"MAX_CONTENT_LENGTH": length} if length else {}
    parameters = _predictor(tmp_path, **environment).parameters
    assert parameters == ExecutionParameters(
        parameters.max_concurrent_transforms, "MultiRecord", megabytes
    )
    assert parameters.max_concurrent_transforms >= 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"1,2\r\n3,\r\n.5,0e0\r\n", "text/csv"),
        (b"1;2\n3;\n0.5;0\n", "text/csv"),
        (b"1\t2\n3\tnan\n0.5\t0", "text/csv"),
        (b"9 0:1 1:2\n0:3\n# no label\n0:0.5 1:0\n".replace(b"# no label\n", b""), "text/libsvm"),
    ],
)
def test_one_table_in_many_spellings(tmp_path: Path, body: bytes, kind: str) -> None:
    expected = _expected(_model(tmp_path))
    answer, _ = _predictor(tmp_path).predict(body, kind, "text/csv")
    assert list(map(float, answer.split())) == expected


def test_every_row_of_libsvm_has_a_prediction_even_one_without_features(tmp_path: Path) -> None:
    _model(tmp_path)
    answer, _ = _predictor(tmp_path).predict(b"1\n0 0:1\n1\n", "text/libsvm", "text/csv")
    assert len(answer.splitlines()) == 3


CELLS = st.sampled_from(
    [
        "1",
        "-2.5",
        "",
        " ",
        "1e3",
        "nan",
        "x",
        '"1"',
        "1_0",
        "0x1",
        "True",
        "1\r2",
        "\v1",
        "iNf",
        "1e",
        "-",
        "9" * 400,
    ]
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=3).map(",".join), min_size=1, max_size=4)


@given(TABLES, st.sampled_from(["\n", "\r\n"]))
def test_the_fast_reader_of_csv_answers_what_the_exact_one_does(rows: list[str], end: str) -> None:
    body = end.join(rows).encode()
    try:
        exact = decoding._exact_rows(body.strip(b"\r\n"), ",")
    except ParseError as refusal:
        with pytest.raises(ParseError) as caught:
            decoding._csv_rows(body, 2)
        assert str(caught.value) == str(refusal)
        return
    np.testing.assert_array_equal(decoding._csv_rows(body, 2), exact)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"{}", b"not a model"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "xgboost-model").write_bytes(content)
    with pytest.raises(AlgorithmFailure, match="Unable to load model: xgboost-model"):
        _predictor(tmp_path)


def test_an_empty_artifact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AlgorithmFailure, match="no model file"):
        _predictor(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text("01,.:e-n \n\r;#", max_size=40).map(str.encode),
        st.binary(max_size=30).map(lambda rest: b"\x0a\x23\xd7\xce\x08\0\0\0" + rest),
    ),
    st.sampled_from(["text/csv", "text/libsvm", RECORDIO]),
    st.sampled_from(["text/csv", "application/json", RECORDIO]),
)
def test_any_body_is_answered_or_refused(
    tmp_path: Path, body: bytes, kind: str, accept: str
) -> None:
    if not (tmp_path / "xgboost-model").exists():
        _model(tmp_path)
    try:
        answer, _ = _predictor(tmp_path).predict(body, kind, accept)
        assert answer
    except InvocationRefused as refusal:
        assert str(refusal)
        assert refusal.status in (204, 400, 415)
