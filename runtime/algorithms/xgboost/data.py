"""Loads a channel's files into XGBoost's matrix: text through the same parser that the container uses."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xgboost as xgb

from runtime.algorithms.xgboost import files, parquet, records, text_data
from runtime.algorithms.xgboost.channels import Format
from runtime.algorithms.xgboost.log import log, reason
from runtime.images._base import AlgorithmFailure

# `?`, `#`, `;`, `&` mean something in XGBoost's file URIs.
_PLAIN_PATH = re.compile(r"[\w./ -]+")
_NO_LABELS = (
    "Got input data without labels. Please check the input data set. If training job is running on multiple "
    "instances, please switch to using single instance if number of records in the data set is less than number "
    "of workers (16 * number of instance) in the cluster."
)


def load(folder: Path, kind: Format, *, weights: bool, threads: int | None) -> xgb.DMatrix | None:
    """Read all files of a channel's folder; None when it has no data. Raises AlgorithmFailure."""
    return load_together([folder], kind, weights=weights, threads=threads)


def load_together(
    folders: Sequence[Path], kind: Format, *, weights: bool, threads: int | None
) -> xgb.DMatrix | None:
    """Read several channels into one matrix, one below the other."""
    found = [path for folder in folders for path in files.find(folder)]
    if kind in (Format.CSV, Format.LIBSVM):
        found = [path for path in found if text_data.first_line(path)]
    if not found:
        return None
    matrix = _load(found, kind, weights=weights, threads=threads)
    if not matrix.num_row():
        raise AlgorithmFailure(_NO_LABELS)
    return matrix


def _load(
    paths: Sequence[Path], kind: Format, *, weights: bool, threads: int | None
) -> xgb.DMatrix:
    if kind is Format.CSV:
        return _load_csv(paths, weights=weights, threads=threads)
    if kind is Format.LIBSVM:
        text_data.check_libsvm(paths)
        return _parse(paths, "format=libsvm", threads)
    if kind is Format.PARQUET:
        table = parquet.read(paths)
        return _matrix(paths, table[:, 1:], kind, nthread=threads, label=table[:, 0])
    features, labels = records.read(paths, text_data.WIDEST)
    return _matrix(paths, features, kind, nthread=threads, label=labels)


def _load_csv(paths: Sequence[Path], *, weights: bool, threads: int | None) -> xgb.DMatrix:
    separator = text_data.delimiter(text_data.first_line(paths[0]))
    log(f"Determined delimiter of CSV input is '{separator}'")
    text_data.check_csv(paths, separator, leading=2 if weights else 1)
    options = f"format=csv&label_column=0&delimiter={separator}"
    return _parse(paths, f"{options}&weight_column=1" if weights else options, threads)


def _parse(paths: Sequence[Path], options: str, threads: int | None) -> xgb.DMatrix:
    kind = Format.LIBSVM if "libsvm" in options else Format.CSV
    if len(paths) == 1 and _PLAIN_PATH.fullmatch(str(paths[0])):
        return _matrix(paths, f"{paths[0]}?{options}", kind, nthread=threads)
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "joined"
        _join(paths, joined)
        return _matrix(paths, f"{joined}?{options}", kind, nthread=threads)


def _join(paths: Sequence[Path], target: Path) -> None:
    with target.open("wb") as output:
        for path in paths:
            with path.open("rb") as source:
                shutil.copyfileobj(source, output)
            output.write(b"\n")  # the last line of a file may lack it; blank lines are skipped


def _matrix(paths: Sequence[Path], source: Any, kind: Format, **options: Any) -> xgb.DMatrix:
    try:
        return xgb.DMatrix(source, silent=True, **options)
    except xgb.core.XGBoostError as error:
        names = ", ".join(path.name for path in paths)
        raise AlgorithmFailure(
            f"Failed to load {kind} data with exception:\n{reason(error)}\n(in {names})"
        ) from error
