"""Keeps a job's checkpoints in S3: CheckpointConfig's S3Uri into LocalPath at the start, changes back from then on.

As the service documents it: every host gets what is there at the start, new and changed files are stored while the
job runs, and what a job deletes is deleted in S3. Nothing is lost when a job fails, is stopped, or runs out of time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from runtime.jobs import container
from runtime.jobs.archives import ordinary_files
from runtime.jobs.container import JobFolder
from runtime.jobs.errors import JobFailed
from runtime.s3 import join_uri, split_uri
from runtime.storage._base import Objects, StorageError, StorageFull

logger = logging.getLogger(__name__)

LOCAL_PATH = "/opt/ml/checkpoints"
_CONFIG = "input/config/checkpointconfig.json"
# Folders of /opt/ml that are something else already.
_TAKEN = ("code", "env", "input", "model", "output", "tmp")
# How the containers' own toolkits mark what the service shall leave alone.
_IGNORED = (".sagemaker-ignore", ".sagemaker-uploading", ".sagemaker-uploaded")
SECONDS_BETWEEN = 2.0
# Size and time of the last change.
_State = tuple[int, int]


@dataclass(frozen=True)
class Checkpoints:
    """Where they are in S3, and below /opt/ml in the container."""

    uri: str
    local_path: str


def checkpoints_of(job: Mapping[str, Any]) -> Checkpoints | None:
    """What a training job's record asks for; None when it asks for nothing.

    The training jobs of a tuning job share its request: each has a prefix of its own, for none goes on where another
    one with other hyperparameters was.
    """
    config = job.get("CheckpointConfig")
    if not config:
        return None
    own = job["TrainingJobName"] if job.get("TuningJobArn") else ""
    return Checkpoints(join_uri(config["S3Uri"], own), config.get("LocalPath") or LOCAL_PATH)


@contextmanager
def synchronised(
    objects: Objects, checkpoints: Checkpoints | None, hosts: Sequence[JobFolder]
) -> Iterator[None]:
    """Bring the checkpoints to all hosts, and store what changes while the context lasts. Raises JobFailed."""
    if checkpoints is None:
        yield
        return
    copies = [_Copy(objects, checkpoints, folder) for folder in hosts]
    for copy in copies:
        copy.download()
    over = threading.Event()
    thread = threading.Thread(target=_follow, args=(copies, over), name="checkpoints", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for copy in reversed(copies):  # of hosts that wrote the same file, the first one wins
            copy.store()


def _follow(copies: Sequence[_Copy], over: threading.Event) -> None:
    while not over.wait(SECONDS_BETWEEN):
        for copy in reversed(copies):
            try:
                copy.store()
            # A folder that the job removes meanwhile, a full disk: the last attempt, at the job's end, decides.
            except (JobFailed, StorageError, OSError) as error:
                logger.warning("checkpoints are not stored yet: %s", error)


class _Copy:
    """One host's folder, and what of it S3 has."""

    def __init__(self, objects: Objects, checkpoints: Checkpoints, host: JobFolder) -> None:
        self._objects = objects
        self._uri = f"{checkpoints.uri.rstrip('/')}/"
        self._folder = host.path(checkpoints.local_path)
        self._stored: dict[str, _State] = {}
        below = self._folder.relative_to(host.root).parts
        if not below or below[0] in _TAKEN:
            raise JobFailed(
                f"ClientError: CheckpointConfig.LocalPath '{checkpoints.local_path}' must be a folder of its own "
                f"under /opt/ml, for instance {LOCAL_PATH}"
            )
        config = {"S3Uri": checkpoints.uri, "LocalPath": checkpoints.local_path}
        host.write_json(_CONFIG, config)

    def download(self) -> None:
        """Bring what is in S3. Raises JobFailed."""
        container.check_bucket(self._objects, self._uri)
        found = self._objects.list(*split_uri(self._uri))
        # Keys that end in a slash are how the console shows an empty folder.
        if any(not stored.key.endswith("/") for stored in found):
            source = {"S3DataType": "S3Prefix", "S3Uri": self._uri}
            container.download(self._objects, source, self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stored = self._states()

    def store(self) -> None:
        """Bring to S3 what was written, changed or deleted since the last time. Raises JobFailed, StorageFull."""
        states = self._states()
        try:
            for name, state in states.items():
                if self._stored.get(name) != state:
                    self._put(name, state)
            for name in self._stored.keys() - states.keys():
                self._objects.delete(*split_uri(self._uri + name))
                del self._stored[name]
        except StorageFull:
            raise
        except StorageError as error:
            raise JobFailed(
                f"ClientError: checkpoints cannot be stored in {self._uri}: {error}"
            ) from error

    def _put(self, name: str, state: _State) -> None:
        with suppress(FileNotFoundError):  # the job has deleted it meanwhile
            container.upload_file(self._objects, self._folder / name, self._uri + name)
            self._stored[name] = state

    def _states(self) -> dict[str, _State]:
        """The files by their names below the folder, links and unfinished ones left out."""
        states = {}
        for path in ordinary_files(self._folder):
            if path.name.endswith(_IGNORED):
                continue
            with suppress(FileNotFoundError):
                status = path.stat()
                name = path.relative_to(self._folder).as_posix()
                states[name] = status.st_size, status.st_mtime_ns
        return states
