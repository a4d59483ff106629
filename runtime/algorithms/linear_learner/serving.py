"""Answers POST /invocations: reads the request's examples, predicts, writes scores and labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from pipelines.definition.algorithms.linear_learner import BINARY, REGRESSOR
from runtime.algorithms.linear_learner.csv_text import parse_csv
from runtime.algorithms.linear_learner.losses import Array, sigmoid, softmax
from runtime.algorithms.linear_learner.model import Model
from runtime.algorithms.parsing import LARGEST, ParseError
from runtime.algorithms.recordio import RECORDIO, read_records, write_record
from runtime.images._base import ExecutionParameters, InvocationRefused

_JSON, _JSON_LINES, _CSV = "application/json", "application/jsonlines", "text/csv"
_REQUESTS = (_CSV, _JSON, _JSON_LINES, RECORDIO)
_ANSWERS = (_JSON, _JSON_LINES, RECORDIO)
_BAD_REQUEST, _NOT_ACCEPTABLE = 400, 406


class LinearPredictor:
    """Serves one model; answers are float32 as the service's are."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.parameters = ExecutionParameters()

    def predict(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """Score one request. Raises InvocationRefused when it cannot be read or does not fit the model."""
        answer = _answer_type(accept)
        try:
            features = _examples(body, content_type, self._model.weights.shape[0])
        except ParseError as error:
            raise InvocationRefused(_BAD_REQUEST, f"the request cannot be read: {error}") from error
        rows = [*self._rows(features)]
        if answer == _JSON:
            return json.dumps({"predictions": rows}).encode(), answer
        if answer == _JSON_LINES:
            return "".join(json.dumps(row) + "\n" for row in rows).encode(), answer
        return b"".join(write_record(_lists(row)) for row in rows), answer

    def _rows(self, features: Array) -> Iterator[dict[str, Any]]:
        meta = self._model.meta
        with np.errstate(over="ignore"):
            raw = np.clip(self._model.raw(features), -LARGEST, LARGEST)
        if meta.predictor_type == REGRESSOR:
            yield from ({"score": value} for value in _floats(raw[:, 0]))
        elif meta.predictor_type == BINARY:
            scores = sigmoid(raw[:, 0]) if meta.loss == "logistic" else raw[:, 0]
            labels = (raw[:, 0] > meta.threshold).astype(float)
            for value, label in zip(_floats(scores), labels.tolist(), strict=True):
                yield {"score": value, "predicted_label": label}
        else:
            labels = raw.argmax(axis=1).astype(float)
            for values, label in zip(_floats(softmax(raw)), labels.tolist(), strict=True):
                yield {"score": values, "predicted_label": label}


def _floats(values: Array) -> list[Any]:
    floats: list[Any] = np.asarray(values, dtype=np.float32).astype(np.float64).tolist()
    return floats


def _lists(row: dict[str, Any]) -> dict[str, list[float]]:
    return {name: value if isinstance(value, list) else [value] for name, value in row.items()}


def _answer_type(accept: str) -> str:
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for part in wanted:
        if part in ("", "*/*", "application/*"):
            return _JSON
        if part in _ANSWERS:
            return part
    raise InvocationRefused(
        _NOT_ACCEPTABLE, f"Accept '{accept}' is not allowed; allowed: {', '.join(_ANSWERS)}"
    )


def _examples(body: bytes, content_type: str, width: int) -> Array:
    kind, _, parameters = content_type.replace(" ", "").lower().partition(";")
    if kind == _CSV:
        if parameters not in ("", "label_size=0", "charset=utf-8"):
            raise ParseError(f"'{parameters}' is not allowed; text/csv has features only")
        features = parse_csv(body)
    elif kind == _JSON:
        features = _matrix(_instances(_load(body)), width)
    elif kind == _JSON_LINES:
        features = _matrix([_load(line) for line in body.splitlines() if line.strip()], width)
    elif kind == RECORDIO:
        features, _ = read_records(body, labelled=False, widest=width)
    else:
        raise ParseError(
            f"ContentType '{content_type}' is not allowed; allowed: {', '.join(_REQUESTS)}"
        )
    if not len(features):
        raise ParseError("it has no rows")
    if features.shape[1] != width:
        raise ParseError(f"rows have {features.shape[1]} features but the model has {width}")
    return features


def _load(text: bytes) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a finite number")


def _instances(document: Any) -> list[Any]:
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        raise ParseError('expected {"instances": [{"features": [...]}, ...]}')
    return instances


def _matrix(instances: list[Any], width: int) -> Array:
    rows = []
    for number, instance in enumerate(instances, start=1):
        try:
            row = _row(instance, width)
        except ParseError as error:
            raise ParseError(f"row {number}: {error}") from error
        if len(row) != width:
            raise ParseError(f"row {number} has {len(row)} features but the model has {width}")
        rows.append(row)
    return np.array(rows) if rows else np.empty((0, width))


def _row(instance: Any, width: int) -> Array:
    """Features of {"features": [..]} or {"data": {"features": {"values": [..], "keys": .., "shape": ..}}}."""
    if isinstance(instance, dict):
        if "features" in instance:
            return _numbers(instance["features"])
        data = instance.get("data")
        tensor = data.get("features") if isinstance(data, dict) else None
        if isinstance(tensor, dict) and "values" in tensor:
            values = _numbers(tensor["values"])
            return _sparse(tensor, values, width) if _is_sparse(tensor) else values
    raise ParseError('expected {"features": [...]} or {"data": {"features": {"values": [...]}}}')


def _numbers(values: Any) -> Array:
    if not isinstance(values, list) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    ):
        raise ParseError("features must be a list of numbers")
    if not all(abs(value) <= LARGEST for value in values):
        raise ParseError("a value is not a finite number")
    return np.array(values, dtype=np.float64)


def _is_sparse(tensor: dict[str, Any]) -> bool:
    """Without keys a row is dense, unless it has no values at all: a sparse row of zeros."""
    return bool(tensor.get("keys")) or ("keys" in tensor and not tensor["values"])


def _sparse(tensor: dict[str, Any], values: Array, width: int) -> Array:
    keys, shape = tensor["keys"], tensor.get("shape")
    if not isinstance(keys, list) or any(type(key) is not int for key in keys):
        raise ParseError("keys must be a list of whole numbers")
    if len(keys) != len(values):
        raise ParseError(f"{len(keys)} keys for {len(values)} values")
    if shape != [width]:
        raise ParseError(
            f"shape is {shape!r} but the model has {width} features: expected [{width}]"
        )
    if not all(0 <= key < width for key in keys):
        raise ParseError(f"a key is not in 0 to {width - 1}")
    row = np.zeros(width)
    row[keys] = values
    return row
