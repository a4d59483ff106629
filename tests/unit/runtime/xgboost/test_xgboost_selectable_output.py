"""SAGEMAKER_INFERENCE_OUTPUT, by objective, in every form of answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from runtime.algorithms.recordio import RECORDIO, write_record
from runtime.images._base import InvocationRefused, Predictor
from runtime.images.xgboost import XGBoostImage

CSV, LINES, JSON = "text/csv", "application/jsonlines", "application/json"
ALL = "predicted_label,labels,probability,probabilities,raw_score,raw_scores,predicted_score"
BODY = b"1,2\n-0.5,0\n"
ROWS = np.array([[1.0, 2.0], [-0.5, 0.0]], dtype=np.float32)


def predictor(
    folder: Path, objective: str, keys: str = ALL, **environment: str
) -> tuple[Predictor, list[Any]]:
    """Serving with these keys, and the plain predictions of the same model for BODY."""
    generator = np.random.default_rng(1)
    features = generator.normal(size=(80, 2))
    parameters: dict[str, Any] = {"objective": objective, "nthread": 1}
    labels = (features[:, 0] > 0).astype(float)
    if objective.startswith("multi:"):
        labels = generator.integers(0, 3, 80)
        parameters["num_class"] = 3
    booster = xgb.train(
        parameters, xgb.DMatrix(features, label=labels + (objective == "reg:gamma"))
    )
    (folder / "xgboost-model").write_bytes(booster.save_raw(raw_format="ubj"))
    variables = {"SAGEMAKER_INFERENCE_OUTPUT": keys, **environment}
    serving = XGBoostImage().predictor(folder, variables)
    return serving, booster.predict(xgb.DMatrix(ROWS)).tolist()


def rows(serving: Predictor) -> list[dict[str, Any]]:
    return [json.loads(line) for line in serving.predict(BODY, CSV, LINES)[0].splitlines()]


def is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value


@pytest.mark.parametrize(
    "objective",
    ["reg:squarederror", "reg:logistic", "reg:gamma", "reg:absoluteerror", "reg:tweedie"],
)
def test_regression_has_a_score_and_nothing_else(tmp_path: Path, objective: str) -> None:
    serving, expected = predictor(tmp_path, objective)
    answer = rows(serving)
    assert [row["predicted_score"] for row in answer] == expected
    assert all(is_nan(row[key]) for row in answer for key in row if key != "predicted_score")
    assert set(answer[0]) == set(ALL.split(","))


def test_a_probability_gives_label_and_both_probabilities(tmp_path: Path) -> None:
    serving, expected = predictor(tmp_path, "binary:logistic")
    for row, value in zip(rows(serving), expected, strict=True):
        assert is_nan(row.pop("predicted_score"))
        assert row == {
            "predicted_label": int(value > 0.5),
            "labels": [0, 1],
            "probability": value,
            "probabilities": [1.0 - value, value],
            "raw_score": value,
            "raw_scores": [1.0 - value, value],
        }


@pytest.mark.parametrize("objective", ["binary:logitraw", "binary:hinge", "multi:softmax"])
def test_classes_without_probabilities(tmp_path: Path, objective: str) -> None:
    serving, expected = predictor(tmp_path, objective)
    for row, value in zip(rows(serving), expected, strict=True):
        raw = objective == "binary:logitraw"
        assert row["predicted_label"] == (int(value > 0) if raw else value)
        assert row["labels"] == ([0, 1, 2] if objective == "multi:softmax" else [0, 1])
        assert (row["raw_score"], row["raw_scores"]) == (value, [1.0 - value, value])
        assert is_nan(row["probability"])
        assert is_nan(row["probabilities"])


def test_many_probabilities_give_the_most_probable_class(tmp_path: Path) -> None:
    serving, expected = predictor(tmp_path, "multi:softprob")
    for row, value in zip(rows(serving), expected, strict=True):
        assert row["predicted_label"] == value.index(max(value))
        assert row["labels"] == [0, 1, 2]
        assert row["probability"] == row["raw_score"] == max(value)
        assert row["probabilities"] == row["raw_scores"] == value


def test_csv_has_the_keys_in_the_order_of_the_request_and_lists_in_quotes(tmp_path: Path) -> None:
    keys = " Probabilities, predicted_label,none"
    serving, [first, second] = predictor(tmp_path, "binary:logistic", keys)
    lines = [f'"[{1.0 - value}, {value}]",{int(value > 0.5)},nan' for value in (first, second)]
    assert serving.predict(BODY, CSV, CSV)[0].decode() == "\n".join(lines)
    batch, _ = predictor(tmp_path, "binary:logistic", keys, SAGEMAKER_BATCH="true")
    assert batch.predict(BODY, CSV, "")[0].decode() == "\n".join(lines) + "\n"


def test_batch_transform_follows_accept_when_output_is_selected(tmp_path: Path) -> None:
    environment = {"SAGEMAKER_BATCH": "true"}
    serving, expected = predictor(tmp_path, "reg:squarederror", "predicted_score", **environment)
    answer, kind = serving.predict(BODY, CSV, JSON)
    assert kind == JSON
    assert json.loads(answer) == {"predictions": [{"predicted_score": value} for value in expected]}
    with pytest.raises(InvocationRefused, match="Accept type image/png"):
        serving.predict(BODY, CSV, "image/png")


def test_recordio_has_a_label_map_of_the_keys(tmp_path: Path) -> None:
    serving, expected = predictor(tmp_path, "multi:softprob", "probabilities,predicted_label")
    assert serving.predict(BODY, CSV, RECORDIO)[0] == b"".join(
        write_record({"predicted_label": [float(value.index(max(value)))], "probabilities": value})
        for value in expected
    )


def test_an_objective_without_selectable_output_is_refused(tmp_path: Path) -> None:
    serving, _ = predictor(tmp_path, "count:poisson")
    with pytest.raises(InvocationRefused, match="Objective `count:poisson` unsupported") as refusal:
        serving.predict(BODY, CSV, CSV)
    assert refusal.value.status == 500


def test_keys_that_do_not_fit_the_objective_are_named_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serving, _ = predictor(tmp_path, "reg:squarederror", "predicted_label")
    serving.predict(BODY, CSV, CSV)
    assert "['predicted_label'] incompatible for objective 'reg:squarederror'" in (
        capsys.readouterr().out
    )
