from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.images._base import AlgorithmFailure, Predictor
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
    body, _ = predictor.predict(CSV, "text/csv", "application/json")
    assert body.decode() == "".join(f"{row}\n" for row in expected)
    assert body.startswith(b"[")


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
    ("body", "content_type", "accept", "text"),
    [
        (b"", "text/csv", "", "no body"),
        (CSV, "application/json", "", "Content-type application/json is not supported"),
        (CSV, "text/csv", "image/png", "Accept type image/png is not supported"),
        (b"1,x\n", "text/csv", "", "row 1"),
        (b"1,2\n3\n", "text/csv", "", "row 2 has 1 columns, but row 1 has 2"),
        (b"1,2,3\n", "text/csv", "", "Unable to evaluate payload provided"),
        (b"0 a:1\n", "text/libsvm", "", "Loading libsvm data failed"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(
    tmp_path: Path, body: bytes, content_type: str, accept: str, text: str
) -> None:
    _model(tmp_path)
    with pytest.raises(AlgorithmFailure, match=text):
        _predictor(tmp_path).predict(body, content_type, accept)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"{}", b"not a model"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "xgboost-model").write_bytes(content)
    with pytest.raises(AlgorithmFailure, match="Unable to load model: xgboost-model"):
        _predictor(tmp_path)


def test_an_empty_artifact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AlgorithmFailure, match="no model file"):
        _predictor(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(), st.text("01,.:e-n \n").map(str.encode)),
    st.sampled_from(["text/csv", "text/libsvm"]),
)
def test_any_body_is_answered_or_refused(tmp_path: Path, body: bytes, kind: str) -> None:
    if not (tmp_path / "xgboost-model").exists():
        _model(tmp_path)
    try:
        answer, _ = _predictor(tmp_path).predict(body, kind, "text/csv")
        assert answer.endswith(b"\n")
    except AlgorithmFailure as failure:
        assert str(failure)
