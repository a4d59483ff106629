"""Answers inference requests as the container does: CSV or libsvm rows in, one prediction per row out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from runtime.algorithms.xgboost import text_data
from runtime.algorithms.xgboost.log import reason
from runtime.images._base import AlgorithmFailure

Predictions = NDArray[np.float32]

_CSV, _JSON, _LINES = "text/csv", "application/json", "application/jsonlines"
_LIBSVM = ("text/libsvm", "text/x-libsvm")
# Objectives whose predictions are classes: an ensemble votes instead of averaging.
_VOTING = ("multi:softmax", "binary:hinge")


class InvocationRefused(AlgorithmFailure):
    """The container would answer with this HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class XGBoostPredictor:
    """Serves one model, or an ensemble of several."""

    def __init__(self, models: Sequence[xgb.Booster], environment: Mapping[str, str]) -> None:
        self._models = models
        self._batch = environment.get("SAGEMAKER_BATCH", "").lower() == "true"
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _CSV)

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        if not body.strip():
            raise InvocationRefused(204, "the request has no body")
        wanted = self._accepted(accept)
        rows = self._predict(_decode(body, content_type)).tolist()
        if self._batch:  # whatever Accept says
            return "".join(f"{row}\n" for row in rows).encode(), wanted
        return _encode(rows, wanted).encode(), wanted

    def _accepted(self, accept: str) -> str:
        wanted = accept.partition(";")[0].strip().lower()
        if wanted in ("", "*/*"):
            wanted = self._default_accept
        if wanted not in (_CSV, _JSON, _LINES):
            raise InvocationRefused(
                406, f"Accept type {wanted} is not supported; allowed: {_CSV}, {_JSON}, {_LINES}"
            )
        return wanted

    def _predict(self, rows: xgb.DMatrix) -> Predictions:
        try:
            # Rows in libsvm may end before the last feature.
            all_predictions = [
                model.predict(rows, validate_features=False) for model in self._models
            ]
        except (xgb.core.XGBoostError, ValueError) as error:
            raise InvocationRefused(
                400, f"Unable to evaluate payload provided: {reason(error)}"
            ) from error
        if len(all_predictions) == 1:
            return np.asarray(all_predictions[0])
        return _combine(all_predictions, _objective(self._models[0]))


def load(folder: Path, environment: Mapping[str, str]) -> XGBoostPredictor:
    """Load every model file of the folder; with SAGEMAKER_INFERENCE_ENSEMBLE other than true, the first."""
    if environment.get("SAGEMAKER_INFERENCE_OUTPUT"):
        raise AlgorithmFailure(
            "SAGEMAKER_INFERENCE_OUTPUT (selectable output) is not available in the local runtime; "
            "remove it from the environment"
        )
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


def _decode(body: bytes, content_type: str) -> xgb.DMatrix:
    kind = content_type.partition(";")[0].strip().lower() or _LIBSVM[0]
    if kind == _CSV:
        return xgb.DMatrix(_csv_rows(body))
    if kind in _LIBSVM:
        return _libsvm_rows(body)
    raise InvocationRefused(
        415, f"Content-type {kind} is not supported; allowed: {_CSV}, {', '.join(_LIBSVM)}"
    )


def _csv_rows(body: bytes) -> Predictions:
    lines = body.decode(errors="replace").strip("\r\n").splitlines()
    separator = text_data.find_delimiter(lines[0]) or ","
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        fields = line.split(separator)
        try:
            rows.append([float(field) if field.strip() else np.nan for field in fields])
        except ValueError as error:
            raise InvocationRefused(
                415, f"Loading csv data failed: row {number}: {error}"
            ) from error
        if len(rows[-1]) != len(rows[0]):
            raise InvocationRefused(
                415,
                f"Loading csv data failed: row {number} has {len(rows[-1])} columns, "
                f"but row 1 has {len(rows[0])}",
            )
    return np.asarray(rows, dtype=np.float32)


def _libsvm_rows(body: bytes) -> xgb.DMatrix:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payload"
        path.write_bytes(body.strip() + b"\n")
        try:
            text_data.check_libsvm([path])
            return xgb.DMatrix(f"{path}?format=libsvm", silent=True)
        except (AlgorithmFailure, xgb.core.XGBoostError) as error:
            raise InvocationRefused(415, f"Loading libsvm data failed: {reason(error)}") from error


def _objective(model: xgb.Booster) -> str:
    return str(json.loads(model.save_config())["learner"]["objective"]["name"])


def _combine(predictions: Sequence[Predictions], objective: str) -> Predictions:
    if objective not in _VOTING:
        return np.asarray(np.mean(predictions, axis=0))
    votes = np.asarray(predictions).astype(np.int64)
    return np.asarray([np.bincount(column).argmax() for column in votes.T], dtype=np.float32)


def _encode(rows: Sequence[Any], accept: str) -> str:
    if accept == _JSON:
        return json.dumps({"predictions": [{"score": row} for row in rows]})
    if accept == _LINES:
        return "".join(json.dumps({"score": row}) + "\n" for row in rows)
    return "".join(
        ",".join(map(str, row)) + "\n" if isinstance(row, list) else f"{row}\n" for row in rows
    )
