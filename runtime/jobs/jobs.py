"""All kinds of jobs of one runtime."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from runtime.jobs._base import JobKind, Workshop
from runtime.jobs.catalog import Catalog
from runtime.jobs.processes import Processes
from runtime.jobs.processing import ProcessingJobs
from runtime.jobs.running import RunningJobs
from runtime.jobs.training import TrainingJobs
from runtime.jobs.transform import TransformJobs
from runtime.jobs.tuning.tuning_jobs import TuningJobs
from runtime.settings import Settings
from runtime.storage.open import Storage

Endpoint = Callable[[], AbstractContextManager[str | None]]


class Jobs:
    """`endpoint` opens the API on a loopback port while its context lasts, for scripts that call AWS themselves."""

    def __init__(
        self,
        directory: Path,
        storage: Storage,
        settings: Settings,
        catalog: Catalog,
        endpoint: Endpoint,
    ) -> None:
        self.catalog = catalog
        self._processes = Processes(self.catalog.preload, settings.parallel_jobs, settings.threads)
        self._running = RunningJobs()
        workshop = Workshop(
            directory,
            storage.records,
            storage.objects,
            settings,
            self.catalog,
            self._processes,
            self._running,
            endpoint,
        )
        self.training = TrainingJobs(workshop)
        self.processing = ProcessingJobs(workshop)
        self.transform = TransformJobs(workshop)
        self.tuning = TuningJobs(workshop, self.training)

    @property
    def kinds(self) -> tuple[JobKind, ...]:
        return (self.training, self.processing, self.transform, self.tuning)

    def wait(self, kind: str, name: str) -> None:
        """Return when the job has ended."""
        self._running.wait(kind, name)

    def warm(self) -> None:
        """Begin to load what jobs need, without waiting for it."""
        self._processes.warm()

    def recover(self) -> None:
        """End what a process that died left as running."""
        for kind in self.kinds:
            kind.recover()

    def hurry(self) -> None:
        """From now on, stopped processes get seconds instead of minutes until they are killed."""
        self._processes.hurry()

    def close(self) -> None:
        """Stop every job, wait for the ends, end the fork server. Idempotent."""
        self._processes.hurry()
        self._running.close()
        self._processes.close()
