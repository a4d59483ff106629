"""The folder that stands for a container's /opt/ml: what is put in before a job, and taken out after it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from runtime.jobs.archives import ordinary_files
from runtime.jobs.errors import JobFailed
from runtime.s3 import join_uri, read_text, split_uri
from runtime.storage._base import BucketMissing, Objects, StorageError, StoredObject

HOST = "algo-1"
_FAILURE_LENGTH = 1024
_ALL = slice(None)


@dataclass(frozen=True)
class JobFolder:
    """`root` stands for /opt/ml of a job, or of one of its hosts, and is removed when the job has ended; `log` stays."""

    root: Path
    log: Path

    def create(self) -> None:
        for name in ("code", "input/config", "input/data", "model", "output/data", "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.log.touch()

    def of(self, host: str) -> JobFolder:
        """The folder of one of a job's hosts; the first host's is this one."""
        if host == HOST:
            return self
        root, log = (path.with_name(f"{path.name}-{host}") for path in (self.root, self.log))
        return JobFolder(root, log)

    @property
    def meeting(self) -> Path:
        """Where the hosts of a job can leave notes for each other."""
        return self.root.with_name(f"{self.root.name}-meeting")

    def remove(self) -> None:
        """Remove the files of all hosts; the logs stay."""
        for path in (self.root, *self.root.parent.glob(f"{self.root.name}-*")):
            shutil.rmtree(path, ignore_errors=True)

    def discard(self) -> None:
        """Remove everything, the log too."""
        shutil.rmtree(self.root.parent, ignore_errors=True)

    def path(self, container_path: str) -> Path:
        """Where a path of the container (`/opt/ml/...`) is on this machine. Raises JobFailed when it is elsewhere."""
        relative = PurePosixPath(os.path.normpath(container_path))
        if not relative.is_relative_to("/opt/ml"):
            raise JobFailed(f"ClientError: LocalPath '{container_path}' must be under /opt/ml")
        return self.root / relative.relative_to("/opt/ml")

    def write_json(self, name: str, document: Any) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def read(self, name: str, length: int = _FAILURE_LENGTH) -> str | None:
        """The first characters of a text file the job may have left; None when there is none."""
        path = self.root / name
        if path.is_symlink() or not path.is_file():
            return None
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(length)


def job_folder(directory: Path, kind: str, name: str) -> JobFolder:
    """Where in the runtime's directory a job has its log, and its /opt/ml while it runs."""
    home = directory / "jobs" / kind / name
    return JobFolder(home / "ml", home / "log")


def base_environment(root: Path, region: str) -> dict[str, str]:
    """What every job process sees of this machine: no credentials, no settings of the user's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "HOME": str(root / "tmp"),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def download(
    objects: Objects,
    source: Mapping[str, Any],
    target: Path,
    *,
    link: bool = False,
    share: slice = _ALL,
) -> int:
    """Bring an S3 data source (S3DataType, S3Uri) into a folder; how many files it gave. Raises JobFailed.

    `link` is for readers that never write: the job then reads the stored file itself. `share` says which of the
    objects are wanted.
    """
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for stored, name in list(located(objects, source))[share]:
        path = target / name
        if not path.resolve().is_relative_to(target.resolve()) or "\0" in name:
            raise _download_failed(
                f"the key '{stored.key}' of bucket {stored.bucket} leads out of the channel"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _place(stored.path, path, link=link)
        except FileNotFoundError as error:
            gone = f"s3://{stored.bucket}/{stored.key} was deleted meanwhile"
            raise _download_failed(gone) from error
        count += 1
    return count


def located(objects: Objects, source: Mapping[str, Any]) -> Iterator[tuple[StoredObject, str]]:
    """The objects of an S3 data source, each with its path below the prefix. Raises JobFailed when there are none."""
    uri, kind = source["S3Uri"], source.get("S3DataType", "S3Prefix")
    try:
        if kind == "ManifestFile":
            found = list(_manifest(objects, uri))
        elif kind == "S3Prefix":
            found = list(_below(objects, uri))
        else:
            raise _download_failed(f"S3DataType '{kind}' is not supported here; use S3Prefix")
    except (StorageError, ValueError) as error:
        raise _download_failed(f"{uri}: {_bucket_hint(error)}") from error
    if not found:
        raise _download_failed(f'No S3 objects found under S3 URL "{uri}"')
    yield from found


def check_bucket(objects: Objects, uri: str) -> None:
    """Fail before any work is done when results could not be stored. Raises JobFailed."""
    try:
        bucket, _ = split_uri(uri)
    except ValueError as error:
        raise JobFailed(f"ClientError: {error}") from error
    if bucket not in objects.buckets():
        raise JobFailed(f"ClientError: the output bucket '{bucket}' of {uri} does not exist")


def upload_file(objects: Objects, path: Path, uri: str) -> None:
    objects.put(*split_uri(uri), path)


def upload_tree(objects: Objects, folder: Path, uri: str) -> int:
    """Store the ordinary files under `folder` below `uri`; how many."""
    count = 0
    for path in ordinary_files(folder):
        upload_file(objects, path, join_uri(uri, path.relative_to(folder).as_posix()))
        count += 1
    return count


def _below(objects: Objects, uri: str) -> Iterator[tuple[StoredObject, str]]:
    bucket, prefix = split_uri(uri)
    for stored in objects.list(bucket, prefix):
        if stored.key.endswith("/"):
            continue  # what the console makes to show an empty folder
        rest = stored.key[len(prefix) :]
        inside = rest.startswith("/") or prefix.endswith("/") or not prefix
        # An object that merely starts with the prefix, and the object itself, go by their file name.
        start = len(prefix) if inside else prefix.rfind("/") + 1
        yield stored, stored.key[start:].lstrip("/")


def _manifest(objects: Objects, uri: str) -> Iterator[tuple[StoredObject, str]]:
    entries = json.loads(read_text(objects, uri))
    first = entries[0] if isinstance(entries, list) and entries else None
    if not isinstance(first, dict) or not all(isinstance(name, str) for name in entries[1:]):
        raise ValueError('a manifest is a JSON list of {"prefix": "s3://..."} and relative keys')
    bucket, prefix = split_uri(str(first.get("prefix")))
    for name in entries[1:]:
        yield objects.get(bucket, prefix + name), name


def _place(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target)
        except OSError:  # another file system: a copy does as well
            shutil.copyfile(source, target)
        return
    shutil.copyfile(source, target)


def _bucket_hint(error: Exception) -> str:
    if isinstance(error, BucketMissing):
        return f"the bucket does not exist ({error})"
    return str(error)


def _download_failed(text: str) -> JobFailed:
    return JobFailed(f"ClientError: Data download failed:{text}")
