"""Loads a channel's files into XGBoost's matrix, through the same parser of text that the container uses."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import xgboost as xgb

from runtime.algorithms.xgboost import text_data
from runtime.algorithms.xgboost.channels import Format
from runtime.algorithms.xgboost.log import log, reason
from runtime.images._base import AlgorithmFailure

_DEEPEST = 3
# `?`, `#`, `;`, `&` mean something in XGBoost's file URIs.
_PLAIN_PATH = re.compile(r"[\w./ -]+")


def load(folder: Path, kind: Format, *, weights: bool, threads: int | None) -> xgb.DMatrix | None:
    """Read all files of a channel's folder; None when it has no data. Raises AlgorithmFailure."""
    files = _files(folder)
    if not files:
        return None
    if kind is Format.CSV:
        return _load_csv(files, weights=weights, threads=threads)
    if kind is Format.LIBSVM:
        text_data.check_libsvm(files)
        return _parse(files, "format=libsvm", threads)
    raise AlgorithmFailure(
        f"content type {kind} is not available in the local runtime; use text/csv or text/libsvm"
    )


def _files(folder: Path) -> list[Path]:
    """Files with content, in the order of their paths (the container's order is not stable)."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in found):
        raise AlgorithmFailure("Hidden file found in the data path! Remove that before training.")
    chosen = []
    for path in found:
        if len(path.relative_to(folder).parts) - 1 > _DEEPEST:
            log(f"Skipped {path.name}: its folder is deeper than {_DEEPEST} levels", "WARNING")
        elif text_data.first_line(path):
            chosen.append(path)
    return chosen


def _load_csv(files: Sequence[Path], *, weights: bool, threads: int | None) -> xgb.DMatrix:
    separator = text_data.delimiter(text_data.first_line(files[0]))
    log(f"Determined delimiter of CSV input is '{separator}'")
    text_data.check_csv(files, separator, leading=2 if weights else 1)
    options = f"format=csv&label_column=0&delimiter={separator}"
    return _parse(files, f"{options}&weight_column=1" if weights else options, threads)


def _parse(files: Sequence[Path], options: str, threads: int | None) -> xgb.DMatrix:
    if len(files) == 1 and _PLAIN_PATH.fullmatch(str(files[0])):
        return _matrix(files[0], options, threads)
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "joined"
        _join(files, joined)
        return _matrix(joined, options, threads)


def _join(files: Sequence[Path], target: Path) -> None:
    with target.open("wb") as output:
        for path in files:
            with path.open("rb") as source:
                shutil.copyfileobj(source, output)
            output.write(b"\n")  # the last line of a file may lack it; blank lines are skipped


def _matrix(path: Path, options: str, threads: int | None) -> xgb.DMatrix:
    try:
        return xgb.DMatrix(f"{path}?{options}", silent=True, nthread=threads)
    except xgb.core.XGBoostError as error:
        kind = "libsvm" if "libsvm" in options else "csv"
        raise AlgorithmFailure(
            f"Failed to load {kind} data with exception:\n{reason(error)}"
        ) from error
