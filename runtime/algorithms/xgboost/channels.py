"""Reads inputdataconfig.json as the container does and says where each channel's data is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runtime.images._base import AlgorithmFailure

_TYPES: Mapping[str, str] = {
    "csv": "csv",
    "text/csv": "csv",
    "libsvm": "libsvm",
    "text/libsvm": "libsvm",
    "text/x-libsvm": "libsvm",
    "parquet": "parquet",
    "application/x-parquet": "parquet",
    "recordio-protobuf": "recordio-protobuf",
    "application/x-recordio-protobuf": "recordio-protobuf",
}
_DEFAULT_TYPE = "text/libsvm"
_DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")
# The developer guide lists FastFile for XGBoost and the container's list of modes does not: the service is
# taken to show it to the container as File, as it does to the data.
_MODES = ("File", "FastFile", "Pipe")


class Format(StrEnum):
    CSV = "csv"
    LIBSVM = "libsvm"
    PARQUET = "parquet"
    RECORDIO = "recordio-protobuf"


@dataclass(frozen=True)
class Channels:
    """`format` is the train channel's: the container reads both channels with it."""

    format: Format
    train: Path
    validation: Path | None


def read(configuration: Mapping[str, Mapping[str, str]], data: Path) -> Channels:
    """Check the channels in the container's order and words. Raises AlgorithmFailure."""
    if "train" not in configuration:
        raise AlgorithmFailure("Missing required channel: train")
    for name, settings in configuration.items():
        _check(name, settings)
    train = configuration["train"]
    kind = Format(_TYPES[train.get("ContentType", _DEFAULT_TYPE)])
    _refuse_pipe(train, kind)
    validation = data / "validation" if "validation" in configuration else None
    return Channels(kind, data / "train", validation)


def _check(name: str, settings: Mapping[str, str]) -> None:
    if name not in ("train", "validation", "code"):
        raise AlgorithmFailure(f"Extraneous channel found: {name}")
    completed = {"ContentType": _DEFAULT_TYPE, **settings}
    types = ("text/python",) if name == "code" else tuple(_TYPES)
    if (
        completed["ContentType"] not in types
        or completed.get("TrainingInputMode") not in _MODES
        or completed.get("S3DistributionType") not in _DISTRIBUTIONS
    ):
        raise AlgorithmFailure(
            f"Channel configuration for '{name}' channel is not supported: {completed}"
        )


def _refuse_pipe(settings: Mapping[str, str], kind: Format) -> None:
    if settings.get("TrainingInputMode") != "Pipe":
        return
    if kind is Format.LIBSVM:
        raise AlgorithmFailure("Pipe mode not supported for LibSVM.")
    raise AlgorithmFailure(
        "Pipe mode needs the service's pipes, which the local runtime does not have; "
        "set TrainingInputMode to File"
    )
