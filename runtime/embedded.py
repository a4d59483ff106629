"""A runtime inside this process, over a state directory: boto3 sessions whose calls never leave it."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runtime.lock import DirectoryLock, DirectoryLocked, DirectoryUnusable
from runtime.runtime import Runtime
from runtime.server.app import application
from runtime.server.http import SharedPort
from runtime.server.protocol import loader
from runtime.settings import Settings
from runtime.storage._base import StorageError
from runtime.transport import Transport
from runtime.user_images import ImagesFileInvalid

# Seconds to wait for the command that uses the directory now; most take less.
_PATIENCE = 10.0
# What opening a state directory may raise; the messages are for the user.
IN_USE = DirectoryLocked
UNUSABLE = (IN_USE, DirectoryUnusable, StorageError, ImagesFileInvalid)
# Nothing of the user's AWS configuration is read: profiles, keys, endpoints, certificates.
_NO_CONFIGURATION = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ignore_configured_endpoint_urls": (None, None, True, None),
}


class Embedded:
    """An open runtime; close it, or use it as a context manager."""

    def __init__(self, runtime: Runtime, lock: DirectoryLock) -> None:
        self.runtime = runtime
        self._lock = lock
        app = application(runtime)
        self._transport = Transport(app)
        # Scripts of jobs are processes of their own: for them a port is open while they run.
        runtime.endpoint = SharedPort(app).open

    def boto_session(self, region: str | None = None) -> Any:
        """A boto3 Session whose clients, whatever their endpoint, talk to this runtime."""
        # Imported here: whoever holds the runtime only for its jobs needs no client library.
        import boto3
        import botocore.session

        core = botocore.session.Session(session_vars=_NO_CONFIGURATION)
        core.register_component("data_loader", loader())  # a model takes 60 ms to parse
        session = boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - nobody checks it
            region_name=region or self.runtime.settings.region,
            botocore_session=core,
        )
        session.events.register("before-send", self._transport)
        return session

    def close(self) -> None:
        """End what runs, release the directory. Idempotent."""
        try:
            self.runtime.close()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_embedded(
    directory: Path, *, settings: Settings | None = None, wait: float = _PATIENCE
) -> Embedded:
    """Open the runtime of a state directory, waiting `wait` seconds for another process to leave it.

    Raises one of UNUSABLE.
    """
    lock = DirectoryLock(directory)
    lock.acquire(wait=wait)
    try:
        return Embedded(Runtime(directory, settings), lock)
    except BaseException:
        lock.release()
        raise
