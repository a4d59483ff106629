"""Reads RecordIO-wrapped protobuf files: dense rows as a matrix; what a sparse row leaves out is a missing value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from runtime.algorithms.parsing import LARGEST, ParseError
from runtime.algorithms.protobuf_record import Array
from runtime.algorithms.recordio import read_sparse_or_dense
from runtime.images._base import AlgorithmFailure


def read(paths: Sequence[Path], widest: int) -> tuple[Any, Array]:
    """All files one below the other as (features, labels): a matrix or scipy's CSR, no row wider than `widest`.

    Raises AlgorithmFailure naming the file.
    """
    parts: list[tuple[Any, Array]] = []
    for path in paths:
        try:
            features, labels = read_sparse_or_dense(path.read_bytes(), labelled=True, widest=widest)
            _check(features, labels, parts[0][0] if parts else features)
        except ParseError as error:
            raise AlgorithmFailure(
                f"Failed to load recordio-protobuf data with exception:\n{path.name}: {error}"
            ) from error
        parts.append((features, labels))
    if len(parts) == 1:
        return parts[0]
    matrices = [features for features, _ in parts]
    joined = sparse.vstack(matrices, "csr") if sparse.issparse(matrices[0]) else None
    return (
        np.concatenate(matrices) if joined is None else joined,
        np.concatenate([labels for _, labels in parts]),
    )


def _check(features: Any, labels: Array, before: Any) -> None:
    if sparse.issparse(features) != sparse.issparse(before):
        raise ParseError("sparse and dense records in different files of a channel; write one kind")
    if features.shape[1] != before.shape[1]:
        raise ParseError(
            f"{features.shape[1]} features, but {before.shape[1]} in the files before it"
        )
    if not (np.abs(labels) <= LARGEST).all():
        number = int((np.abs(labels) > LARGEST).argmax()) + 1
        raise ParseError(f"record {number}: the label is no finite number")
    values = features.data if sparse.issparse(features) else features
    if (np.abs(values) > LARGEST).any():
        raise ParseError("a value is infinite or too large")
