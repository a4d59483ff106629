"""The composition root: one local SageMaker over one state directory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import runtime.executors
from pipelines.definition.discovery import by_key, find
from runtime.api import Api
from runtime.callbacks import Callbacks
from runtime.executors._base import StepExecutor
from runtime.functions import Functions
from runtime.job_logs import JobLogs
from runtime.jobs.catalog import Catalog
from runtime.jobs.jobs import Jobs
from runtime.outside import Outside
from runtime.runner import Runner
from runtime.server.protocol import Dispatcher
from runtime.server.queues import send_message
from runtime.settings import Settings
from runtime.step_runner import Engine
from runtime.storage.open import open_storage
from runtime.user_images import FILE_NAME

__all__ = ["Runtime", "Settings"]


class Runtime:
    """Storage, operations, jobs and runner, wired. Opening one ends what a process that died left as running.

    Nothing else may have the directory open: embedded.py and __main__.py hold its lock. Buckets are not made
    here; who uses one creates it through S3.
    """

    def __init__(self, directory: Path, settings: Settings | None = None) -> None:
        self.directory = directory.resolve()
        self.settings = settings or Settings()
        self.directory.mkdir(parents=True, exist_ok=True)
        # Before anything is open: a file of the user's may be wrong.
        mapped = self.settings.images or self.directory / FILE_NAME
        catalog = Catalog.discover(mapped, required=self.settings.images is not None)
        storage = open_storage(self.directory)
        self.records = storage.records
        self.objects = storage.objects
        self.endpoint: Callable[[], AbstractContextManager[str | None]] = nullcontext
        self.jobs = Jobs(self.directory, storage, self.settings, catalog, lambda: self.endpoint())
        self.logs = JobLogs(self.directory, self.records)
        self.api: Api = Dispatcher(self)
        found = by_key(find(runtime.executors, StepExecutor), "step_type")  # type: ignore[type-abstract]
        self.executors = {step_type: executor() for step_type, executor in found.items()}
        self.outside = Outside(
            Callbacks(),
            Functions(self.directory, self.settings, lambda: self.endpoint()),
            lambda queue, text: send_message(self.settings, queue, text),
        )
        engine = Engine(
            self.records, self.objects, self.api, self.executors, self.jobs.wait, self.outside
        )
        self.runner = Runner(engine)
        self.jobs.recover()
        self.runner.recover()

    def close(self) -> None:
        """Stop executions and jobs, end every process and thread, close the storage. Idempotent."""
        self.jobs.hurry()
        # Told before what they wait for ends, so that it ends as stopped.
        self.runner.stop_all()
        self.outside.close()
        self.runner.close()
        self.jobs.close()
        self.records.close()
