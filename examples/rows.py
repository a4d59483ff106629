"""The rows of the examples: from any CSV with a header to what built-in algorithms read, in S3.

The pipeline's own Prepare step does it: 80/10/10 rows for train, validation and test; numbers only, the label first, no
header. The examples leave the test rows alone.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

from params.environment import Environment
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import UsageError
from pipelines.deploy.sample_data import write_sample
from pipelines.deploy.text import shortened
from steps.scripts.prepare import prepare

_CHANNELS = ("train", "validation")


def write_rows(folder: Path, data: Path | None, label_column: str) -> Path:
    """Write `train/train.csv` and `validation/validation.csv`; their folder. Synthetic houses without `data`.

    Raises UsageError for a file that cannot be read, Unusable for one whose content cannot be used.
    """
    source, rows = folder / "source", folder / "rows"
    source.mkdir()
    if data is None:
        write_sample(source / "houses.csv")
    else:
        try:
            shutil.copyfile(data, source / data.name.lstrip("._"))
        except OSError as error:
            raise UsageError(
                f"--data {data}: cannot be read: {error.strerror or error}; give a CSV file"
            ) from error
    asked = argparse.Namespace(
        input=source, output=rows, label_column=label_column, drop_columns="none", seed=0
    )
    manifest = prepare(asked)
    counts = ", ".join(f"{manifest['rows'][channel]:,} {channel}" for channel in _CHANNELS)
    features = len(manifest["features"])
    print(f"Rows      {counts}; {label_column} comes first, then {features} features")
    first = (rows / "train" / "train.csv").read_text().partition("\n")[0]
    print(f"          {shortened(first, 80)}")
    return rows


def upload(aws: Aws, environment: Environment, rows: Path) -> list[str]:
    """Put each channel's file under a prefix of its own, always the same one for the same rows."""
    files = [rows / channel / f"{channel}.csv" for channel in _CHANNELS]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    uris = []
    for path in files:
        prefix = f"{environment.prefix}/examples/data/{digest}/{path.stem}/"
        aws.upload(path, environment.bucket, prefix + path.name)
        uris.append(f"s3://{environment.bucket}/{prefix}")
    print("\n".join([f"Data      {uris[0]}", *(f"          {uri}" for uri in uris[1:])]))
    return uris
