"""Reads channels: files below `input/data/<channel>`, in the order of their paths, label and features apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.definition.algorithms.linear_learner import BINARY, MULTICLASS, LinearLearner
from runtime.algorithms.linear_learner.csv_text import UnreadableCsv, parse_csv
from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.settings import Settings, schema_refusal, unexpected
from runtime.algorithms.parsing import ParseError
from runtime.algorithms.recordio import RECORDIO, read_records
from runtime.images._base import ClientFailure

_CHANNELS = LinearLearner.channels
_CONTENT_TYPES = LinearLearner.content_types
# Rows that the service parses at a time, as its messages show.
_BLOCK = 1000


@dataclass(frozen=True)
class Dataset:
    """`features` has one row per example, `labels` is one column."""

    features: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


def read_channels(
    folder: Path, config: Mapping[str, Mapping[str, Any]], settings: Settings
) -> dict[str, Dataset]:
    """Read every configured channel below `folder`. Raises ClientFailure naming file, row and column."""
    _check_names(config)
    found = {
        name: _read_channel(folder / name, name, str(channel.get("ContentType") or RECORDIO))
        for name, channel in sorted(config.items())
    }
    _check_widths(found, settings)
    for name, dataset in found.items():
        _check_labels(name, dataset.labels, settings)
    return found


def _check_names(config: Mapping[str, object]) -> None:
    # Whether the service refuses other channels is not known; to ignore one would hide a misspelt name.
    unknown = sorted(set(config) - set(_CHANNELS))
    if unknown:
        raise schema_refusal(
            unexpected(unknown),
            f"channel '{unknown[0]}' is not allowed; allowed: {', '.join(_CHANNELS)}",
        )
    if "train" not in config:
        raise schema_refusal(
            "u'train' is a required property", "the channel 'train' is missing; it is required"
        )


def _read_channel(folder: Path, name: str, content_type: str) -> Dataset:
    kind, _, parameters = content_type.replace(" ", "").lower().partition(";")
    if kind not in _CONTENT_TYPES:
        raise ClientFailure(
            f"channel {name}: ContentType '{content_type}' is not allowed; "
            f"allowed: {', '.join(_CONTENT_TYPES)}"
        )
    if parameters not in ("", "label_size=1"):
        raise ClientFailure(
            f"channel {name}: ContentType '{content_type}' is not allowed; training data has one label, "
            "in the first column: use text/csv or text/csv;label_size=1"
        )
    parts = list(_parts(folder, name, kind))
    if not parts:
        raise ClientFailure(f"channel {name}: no data; every file is empty or there is none")
    return _join(name, parts)


def _parts(folder: Path, name: str, kind: str) -> Iterator[tuple[str, Array, Array]]:
    """Yield (file name, features, labels) of each file that has rows."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        where = path.relative_to(folder).as_posix()
        try:
            if kind == RECORDIO:
                features, labels = read_records(path.read_bytes(), labelled=True)
            else:
                features, labels = _labelled(parse_csv(path))
        except UnreadableCsv as error:
            raise ClientFailure(
                f"Unable to parse csv: rows {_block(error.row)}, file /opt/ml/input/data/{name}/{where}"
                f": {error}"
            ) from error
        except ParseError as error:
            raise ClientFailure(f"channel {name}: file {where}: {error}") from error
        if len(features):
            yield where, features, labels


def _block(row: int) -> str:
    """The rows that the service names: those of the block in which a row, counted from 1, lies."""
    first = (row - 1) // _BLOCK * _BLOCK
    return f"{first + 1}-{first + _BLOCK}"


def _labelled(table: Array) -> tuple[Array, Array]:
    if len(table) and table.shape[1] < 2:
        raise ParseError(
            "only one column; the label must be the first column and at least one feature must follow"
        )
    return table[:, 1:], table[:, :1]


def _join(name: str, parts: list[tuple[str, Array, Array]]) -> Dataset:
    first, width = parts[0][0], parts[0][1].shape[1]
    for where, features, _ in parts:
        if features.shape[1] != width:
            raise ClientFailure(
                f"channel {name}: file {where} has {features.shape[1]} features but file {first} has {width}; "
                "all rows need the same number of columns"
            )
    if len(parts) == 1:  # spares a copy of large files
        return Dataset(parts[0][1], parts[0][2])
    return Dataset(
        np.concatenate([features for _, features, _ in parts]),
        np.concatenate([labels for _, _, labels in parts]),
    )


def _check_widths(datasets: Mapping[str, Dataset], settings: Settings) -> None:
    width = datasets["train"].features.shape[1]
    if settings.feature_dim not in (None, width):
        raise ClientFailure(
            f"feature_dim: {settings.feature_dim} was given but the channel train has {width} features; "
            "give that number or 'auto'"
        )
    for name, dataset in datasets.items():
        if dataset.features.shape[1] != width:
            raise ClientFailure(
                f"channel {name} has {dataset.features.shape[1]} features but the channel train has {width}"
            )


def _check_labels(name: str, labels: Array, settings: Settings) -> None:
    if settings.predictor_type not in (BINARY, MULTICLASS):
        return
    classes = 2 if settings.predictor_type == BINARY else settings.num_classes
    wrong = (labels < 0) | (labels >= classes) | (labels != np.floor(labels))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ClientFailure(
            f"channel {name}: label {labels[row, 0]:g} in row {row + 1} of the channel is not allowed for "
            f"predictor_type {settings.predictor_type}; allowed: integers 0 to {classes - 1}"
        )
