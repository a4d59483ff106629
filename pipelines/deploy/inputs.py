"""Where an execution's data comes from: a local CSV, a directory of them, S3, or a synthetic sample.

Local files go to content-addressed keys, so the same bytes are uploaded once and step caching can hit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from params.environment import Environment
from pipelines.definition.document import Definition
from pipelines.deploy.errors import UsageError
from pipelines.deploy.plan import UploadInput, WriteSample

PARAMETER = "InputDataUri"
# Enough for the quality bar to mean something, small enough for a first run of seconds.
SAMPLE_ROWS = 4000
SAMPLE_SEED = 0

_S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/.*")


@dataclass(frozen=True)
class Input:
    """`uri` is the value of InputDataUri, None leaves the default; `uploads` must be there before the start."""

    uri: str | None = None
    uploads: tuple[UploadInput | WriteSample, ...] = ()


def is_s3_uri(text: str) -> bool:
    """Whether it names a bucket and a key, or at least a slash."""
    return _S3_URI.fullmatch(text) is not None


def given(source: str, environment: Environment) -> Input:
    """Read `--input`: an S3 URI, a file, or a directory of *.csv. Raises UsageError."""
    if "://" in source:
        if is_s3_uri(source):
            return Input(source)
        raise UsageError(f"--input {source}: not an S3 URI; give s3://BUCKET/KEY or a local file")
    if not source:
        raise UsageError("--input: is empty; give a CSV file, a directory of them or s3://...")
    try:
        path = Path(source)
        return _directory(path, environment) if path.is_dir() else _file(path, environment)
    except OSError as error:
        raise UsageError(
            f"--input {source}: cannot be read: {error.strerror}; give a CSV file or s3://..."
        ) from error


def sample(environment: Environment, definition: Definition, rows: int | None) -> Input:
    """The synthetic data set: under the default of InputDataUri, or with `rows` under a key of its own."""
    default = next((each.default for each in definition.parameters if each.name == PARAMETER), None)
    home = f"s3://{environment.bucket}/"
    if not isinstance(default, str) or not default.startswith(home) or default.endswith("/"):
        return Input()
    key = default.removeprefix(home)
    if rows is None:
        return Input(None, (WriteSample(environment.bucket, key, SAMPLE_ROWS, SAMPLE_SEED),))
    path = PurePosixPath(key)
    key = str(path.with_name(f"{path.stem}-{rows}{path.suffix}"))
    write = WriteSample(environment.bucket, key, rows, SAMPLE_SEED)
    return Input(write.uri, (write,))


def _file(path: Path, environment: Environment) -> Input:
    if path.exists() and not path.is_file():
        raise UsageError(f"--input {path}: is neither a file nor a directory")
    if path.stat().st_size == 0:
        raise UsageError(f"--input {path}: the file is empty; give a CSV file with a header")
    key = f"{environment.prefix}/data/{_digest([path])}/{path.name}"
    upload = UploadInput(path, environment.bucket, key)
    return Input(upload.uri, (upload,))


def _directory(path: Path, environment: Environment) -> Input:
    files = sorted(
        each for each in path.iterdir() if each.suffix.lower() == ".csv" and each.is_file()
    )
    if not files:
        raise UsageError(f"--input {path}: the directory has no *.csv files; give one that has")
    prefix = f"{environment.prefix}/data/{_digest(files)}/"
    uploads = tuple(UploadInput(each, environment.bucket, prefix + each.name) for each in files)
    return Input(f"s3://{environment.bucket}/{prefix}", uploads)


def _digest(files: Iterable[Path]) -> str:
    """One file: the sha256 of its content; several: of their names and digests."""
    digests = []
    for path in files:
        with path.open("rb") as content:
            digests.append((path.name, hashlib.file_digest(content, "sha256").hexdigest()))
    if len(digests) == 1:
        return digests[0][1]
    return hashlib.sha256(
        "".join(f"{name}\0{each}\n" for name, each in digests).encode()
    ).hexdigest()
