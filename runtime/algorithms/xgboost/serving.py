"""Answers inference requests as the container does: rows of features in, one prediction per row out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from runtime.algorithms.recordio import RECORDIO, write_record
from runtime.algorithms.xgboost import decoding, selectable
from runtime.algorithms.xgboost.decoding import CSV
from runtime.algorithms.xgboost.log import reason
from runtime.images._base import AlgorithmFailure, ExecutionParameters, InvocationRefused

Predictions = NDArray[np.float32]

_JSON, _LINES = "application/json", "application/jsonlines"
_ACCEPTS = (_JSON, _LINES, RECORDIO, CSV)
# Objectives whose predictions are classes: an ensemble votes instead of averaging.
_VOTING = ("multi:softmax", "binary:hinge")
_NO_CONTENT, _BAD_REQUEST, _NOT_ACCEPTABLE, _TOO_LARGE = 204, 400, 406, 413
_MEGABYTE = 1024 * 1024
_DEFAULT_LENGTH, _LARGEST_LENGTH = 6 * _MEGABYTE, 20 * _MEGABYTE


class XGBoostPredictor:
    """Serves one model, or an ensemble of several."""

    def __init__(self, models: Sequence[xgb.Booster], environment: Mapping[str, str]) -> None:
        self._models = models
        self._batch = environment.get("SAGEMAKER_BATCH", "").lower() == "true"
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)
        self._longest = _max_content_length(environment)
        self._width = models[0].num_features()
        learner = json.loads(models[0].save_config())["learner"]
        self._objective = str(learner["objective"]["name"])
        selected = environment.get("SAGEMAKER_INFERENCE_OUTPUT")
        classes = int(learner["learner_model_param"].get("num_class", 0))
        self._selection = (
            None if selected is None else selectable.select(selected, self._objective, classes)
        )

    @property
    def parameters(self) -> ExecutionParameters:
        return ExecutionParameters(
            os.cpu_count() or 1, "MultiRecord", max(1, self._longest // _MEGABYTE)
        )

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        if not body:
            raise InvocationRefused(_NO_CONTENT, "the request has no body")
        if len(body) > self._longest:
            raise InvocationRefused(
                _TOO_LARGE,
                f"Request Entity Too Large: {len(body)} bytes, but MAX_CONTENT_LENGTH is "
                f"{self._longest}; lower MaxPayloadInMB, or raise MAX_CONTENT_LENGTH in the model's "
                f"Environment (at most {_LARGEST_LENGTH})",
            )
        values = self._predict(decoding.read(body, content_type, self._width)).tolist()
        if self._batch and self._selection is None:  # whatever Accept says
            return _lines(map(str, values)), CSV
        return self._answer(values, self._accepted(accept))

    def _answer(self, values: list[Any], wanted: str) -> tuple[bytes, str]:
        if self._selection is None:
            if wanted == CSV:
                return _plain_csv(values), wanted
            return _encode([{"score": value} for value in values], wanted), wanted
        rows = self._selection.rows(values)
        if wanted == CSV:
            end = "\n" if self._batch else ""
            return (_selected_csv(rows, self._selection.keys) + end).encode(), wanted
        return _encode(rows, wanted), wanted

    def _accepted(self, accept: str) -> str:
        wanted = accept.partition(";")[0].strip().lower()
        if wanted in ("", "*/*"):
            wanted = self._default_accept
        if wanted not in _ACCEPTS:
            raise InvocationRefused(
                _NOT_ACCEPTABLE,
                f"Accept type {wanted} is not supported. Please use supported accept types: "
                f"{', '.join(_ACCEPTS)}.",
            )
        return wanted

    def _predict(self, rows: xgb.DMatrix) -> Predictions:
        try:
            # Rows may end before the last feature.
            predictions = [model.predict(rows, validate_features=False) for model in self._models]
            return _combine(predictions, self._objective)
        except (xgb.core.XGBoostError, ValueError) as error:
            raise InvocationRefused(
                _BAD_REQUEST, f"Unable to evaluate payload provided: {reason(error)}"
            ) from error


def load(folder: Path, environment: Mapping[str, str]) -> XGBoostPredictor:
    """Load every model file of the folder; with SAGEMAKER_INFERENCE_ENSEMBLE other than true, the first."""
    files = sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )
    if not files:
        raise AlgorithmFailure("the model artifact has no model file; expected: xgboost-model")
    if environment.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true") != "true":
        files = files[:1]
    return XGBoostPredictor([_booster(path) for path in files], environment)


def _booster(path: Path) -> xgb.Booster:
    try:
        return xgb.Booster(model_file=bytearray(path.read_bytes()))
    except (xgb.core.XGBoostError, ValueError) as error:
        # Pickled models of old containers are refused too: unpickling runs what the file says.
        raise AlgorithmFailure(
            f"Unable to load model: {path.name} is not a model file of XGBoost {xgb.__version__}"
        ) from error


def _max_content_length(environment: Mapping[str, str]) -> int:
    """Bytes of the largest request body."""
    text = environment.get("MAX_CONTENT_LENGTH", str(_DEFAULT_LENGTH))
    try:
        return min(int(text), _LARGEST_LENGTH)
    except ValueError as error:
        raise AlgorithmFailure(
            f"MAX_CONTENT_LENGTH must be a whole number of bytes, but is '{text}'"
        ) from error


def _combine(predictions: Sequence[Predictions], objective: str) -> Predictions:
    if len(predictions) == 1:
        return np.asarray(predictions[0])
    if objective not in _VOTING:
        return np.asarray(np.mean(predictions, axis=0))
    votes = np.asarray(predictions).astype(np.int64)
    return np.asarray([np.bincount(column).argmax() for column in votes.T], dtype=np.float32)


def _encode(rows: list[dict[str, Any]], accept: str) -> bytes:
    if accept == _JSON:
        return json.dumps({"predictions": rows}).encode()
    if accept == _LINES:
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    return b"".join(
        write_record(
            {key: value if isinstance(value, list) else [value] for key, value in row.items()}
        )
        for row in rows
    )


def _plain_csv(values: list[Any]) -> bytes:
    return _lines(",".join(map(str, row)) if isinstance(row, list) else str(row) for row in values)


def _lines(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _selected_csv(rows: list[dict[str, Any]], keys: Sequence[str]) -> str:
    """Lists in double quotes, as one column each."""
    return "\n".join(
        ",".join(f'"{row[key]}"' if isinstance(row[key], list) else str(row[key]) for key in keys)
        for row in rows
    )
