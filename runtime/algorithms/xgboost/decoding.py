"""Reads the bodies of inference requests: CSV, libsvm and recordio-protobuf, features only, in the container's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from runtime.algorithms.parsing import ParseError
from runtime.algorithms.recordio import RECORDIO, read_sparse_or_dense
from runtime.algorithms.xgboost import text_data
from runtime.algorithms.xgboost.log import reason
from runtime.images._base import InvocationRefused

CSV = "text/csv"
_LIBSVM = ("text/libsvm", "text/x-libsvm")
_SHOWN = 50
_UNSUPPORTED_MEDIA_TYPE = 415

Dense = NDArray[np.float32]


def read(body: bytes, content_type: str, width: int) -> xgb.DMatrix:
    """Read the rows of a request for a model of `width` features; one without a type is libsvm. Raises InvocationRefused."""
    kind = content_type.partition(";")[0].strip().lower() or _LIBSVM[0]
    name, reader = _reader(kind)
    try:
        return xgb.DMatrix(reader(body, width))
    except (ParseError, ValueError, xgb.core.XGBoostError) as error:
        raise InvocationRefused(
            _UNSUPPORTED_MEDIA_TYPE,
            f"Loading {name} data failed with Exception, please ensure data is in {name} format:\n"
            f" {reason(error)}",
        ) from error


def _reader(kind: str) -> tuple[str, Callable[[bytes, int], Any]]:
    if kind == CSV:
        return "csv", _csv_rows
    if kind in _LIBSVM:
        return "libsvm", _libsvm_rows
    if kind == RECORDIO:
        return "recordio-protobuf", _recordio_rows
    raise InvocationRefused(
        _UNSUPPORTED_MEDIA_TYPE,
        f"Content-type {kind} is not supported; allowed: {', '.join((CSV, *_LIBSVM, RECORDIO))}",
    )


def _csv_rows(body: bytes, width: int) -> Dense:
    """The fast reader decides for sound tables; a doubt sends the body through the exact one."""
    text = body.strip(b"\r\n")
    first = text.partition(b"\n")[0].decode(errors="replace")
    separator = text_data.find_delimiter(first) or ","
    table = _whole_table(text, separator, first)
    rows: Dense = _float32(_exact_rows(text, separator) if table is None else table)
    return rows


def _whole_table(text: bytes, separator: str, first: str) -> NDArray[np.float64] | None:
    table = text_data.read_table(text, separator, first)
    if table is None or text.count(b"\n") != len(table) - 1:
        return None
    # Rows that are too short were filled up: then there are fewer separators than cells.
    if text.count(separator.encode()) != len(table) * (table.shape[1] - 1):
        return None
    values: NDArray[np.float64] = table.to_numpy()
    return values


def _exact_rows(text: bytes, separator: str) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    for number, line in enumerate(_lines(text), 1):
        fields = line.split(separator)
        if rows and len(fields) != len(rows[0]):
            raise ParseError(
                f"row {number} has {len(fields)} columns, but row 1 has {len(rows[0])}"
            )
        try:
            rows.append([float(field) if field else np.nan for field in fields])
        except ValueError as error:
            raise ParseError(f"row {number}: {str(error)[:_SHOWN]}") from error
    return np.asarray(rows, dtype=np.float64)


def _lines(text: bytes) -> list[str]:
    if not text:
        raise ParseError("the body has no rows")
    try:
        return [line.rstrip("\r") for line in text.decode().split("\n")]
    except UnicodeDecodeError as error:
        raise ParseError(f"not UTF-8 text: byte {error.start} is an {error.reason}") from error


def _libsvm_rows(body: bytes, width: int) -> csr_matrix:
    """Indices count from 0, as in training; whatever has no colon is a label and says nothing here."""
    starts: list[int] = [0]
    columns: list[int] = []
    values: list[float] = []
    for number, line in enumerate(_lines(body.strip()), 1):
        try:
            for item in line.split():
                index, colon, value = item.partition(":")
                if colon:
                    columns.append(int(index))
                    values.append(float(value))
        except ValueError as error:
            raise ParseError(f"row {number}: {str(error)[:_SHOWN]}") from error
        starts.append(len(values))
    _check_indices(columns, width)
    indices = np.asarray(columns, dtype=np.int64)
    numbers = _float32(np.asarray(values, dtype=np.float64))
    return csr_matrix((numbers, indices, np.asarray(starts)), shape=(len(starts) - 1, width))


def _check_indices(columns: list[int], width: int) -> None:
    if columns and min(columns) < 0:
        raise ParseError(f"the index {min(columns)} is negative")
    if columns and max(columns) >= width:
        raise InvocationRefused(
            400,
            "Unable to evaluate payload provided: Feature size of libsvm inference data "
            f"{max(columns) + 1} is larger than feature size of trained model {width}.",
        )


def _recordio_rows(body: bytes, width: int) -> Any:
    """What a sparse row leaves out is missing, as in training."""
    features, _ = read_sparse_or_dense(body, labelled=False, widest=width)
    return _float32(features)


def _float32(values: Any) -> Any:
    """A matrix, dense or scipy's, in the precision of the library."""
    with np.errstate(over="ignore"):  # an infinity is refused with a text by the matrix
        return values.astype(np.float32)
