"""What all kinds of jobs have in common: a record, a thread while it runs, an end that is always written."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from runtime.api import ApiError
from runtime.arns import arn
from runtime.clock import now
from runtime.jobs.catalog import Catalog
from runtime.jobs.container import JobFolder, job_folder
from runtime.jobs.errors import JobFailed, JobStopped
from runtime.jobs.processes import Processes
from runtime.jobs.running import RunningJobs
from runtime.settings import Settings
from runtime.stop import StopSignal
from runtime.storage._base import Document, Objects, RecordExists, Records, StorageFull
from runtime.storage.full import no_space

logger = logging.getLogger(__name__)
ABANDONED = "InternalServerError: the local runtime ended while this job ran"
_LONGEST_REASON = 1024


class JobStatus(StrEnum):
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    def is_finished(self) -> bool:
        return self not in (JobStatus.IN_PROGRESS, JobStatus.STOPPING)


@dataclass(frozen=True)
class Workshop:
    """What jobs share. `endpoint` opens the API on a loopback port while its context lasts and gives the URL."""

    directory: Path
    records: Records
    objects: Objects
    settings: Settings
    catalog: Catalog
    processes: Processes
    running: RunningJobs
    endpoint: Callable[[], AbstractContextManager[str | None]]

    def folder(self, kind: str, name: str) -> JobFolder:
        return job_folder(self.directory, kind, name)


class JobKind(ABC):
    """One kind of job. `kind` is the word in Create<kind> and <kind>Name, `arn_kind` the one in its ARN."""

    kind: ClassVar[str]
    arn_kind: ClassVar[str]
    # How the service speaks of it: "training job".
    noun: ClassVar[str]
    end_member: ClassVar[str]

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @abstractmethod
    def check(self, request: Document) -> None:
        """Refuse what can be refused before the job exists. Raises ApiError."""

    @abstractmethod
    def work(self, document: Document, stop: StopSignal) -> Document:
        """Do the job; the members its record ends with, the status among them. Raises JobFailed, JobStopped."""

    def document(self, request: Document) -> Document:
        """The record a job starts with: the request, and what Describe adds at once."""
        created = now()
        return {
            **{key: value for key, value in request.items() if key != "Tags"},
            f"{self.kind}Arn": self.arn(request[self.name_member]),
            self.status_member: JobStatus.IN_PROGRESS,
            "CreationTime": created,
            "LastModifiedTime": created,
        }

    @property
    def name_member(self) -> str:
        return f"{self.kind}Name"

    @property
    def status_member(self) -> str:
        return f"{self.kind}Status"

    def arn(self, name: str) -> str:
        return arn(self.workshop.settings, self.arn_kind, name)

    def create(self, request: Document) -> str:
        """Start a job; its ARN. Raises ApiError."""
        self.check(request)
        name = request[self.name_member]
        self.launch(self.document(request))
        return self.arn(name)

    def launch(
        self,
        document: Document,
        *,
        private: Mapping[str, Any] = MappingProxyType({}),
        ended: Callable[[str], None] | None = None,
    ) -> None:
        """Record and start a job that was checked. Raises ApiError when the name is taken.

        `private` are further members that `work` finds in the document and nobody else; `ended` is called with the name
        when the record says how the job ended.
        """
        name = document[self.name_member]
        try:
            self.workshop.records.insert(self.kind, name, document)
        except RecordExists as error:
            raise ApiError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this name "
                f"already exists ({self.arn(name)})",
            ) from error

        def run(stop: StopSignal) -> None:
            try:
                self._run({**document, **private}, stop)
            finally:
                if ended:
                    ended(name)

        self.workshop.running.start(self.kind, name, run)

    def stop(self, name: str) -> None:
        """Ask a running job to stop. Raises ApiError when it does not run."""
        document = self.find(name)
        status = JobStatus(document[self.status_member])
        if status.is_finished():
            raise ApiError(
                "ValidationException",
                f"The request was rejected because the {self.noun} is in status {status}.",
            )
        self.update(name, self.stopping)
        self.workshop.running.stop(self.kind, name)

    def stopping(self, document: Document) -> Document:
        """The record of a job that is asked to stop; an ended one stays as it is."""
        if JobStatus(document[self.status_member]).is_finished():
            return document
        return {**document, self.status_member: JobStatus.STOPPING}

    def find(self, name: str) -> Document:
        """The record of a job. Raises ApiError in the words of this kind's Describe."""
        document = self.workshop.records.get(self.kind, name)
        if document is None:
            raise self.missing(name)
        return document

    def missing(self, name: str) -> ApiError:
        return ApiError("ValidationException", f"Could not find requested job with name: {name}")

    def update(self, name: str, change: Callable[[Document], Document]) -> None:
        def touched(document: Document) -> Document:
            return {**change(document), "LastModifiedTime": now()}

        self.workshop.records.update(self.kind, name, touched)

    def set(self, name: str, **members: Any) -> None:
        self.update(name, lambda document: {**document, **members})

    def ended(self, document: Document, members: Document) -> Document:
        """The final record; kinds with more to say at the end extend it."""
        return {**document, **members, self.end_member: now()}

    def recover(self) -> None:
        """End what a process that died left as running, and remove its files."""
        members = {self.status_member: JobStatus.FAILED, "FailureReason": ABANDONED}
        for document in self.workshop.records.list(self.kind):
            if not JobStatus(document[self.status_member]).is_finished():
                name = document[self.name_member]
                self.workshop.folder(self.kind, name).remove()
                self.update(name, lambda found: self.ended(found, members))

    def _run(self, document: Document, stop: StopSignal) -> None:
        name = document[self.name_member]
        if self.find(name)[self.status_member] == JobStatus.STOPPING:
            stop.request()  # between its record and its thread
        members = self._outcome(document, stop)
        try:
            self.update(name, lambda found: self.ended(found, members))
        except Exception:
            logger.exception(
                "the end of %s %s cannot be recorded; the next runtime of this directory ends it",
                self.noun,
                name,
            )

    def _outcome(self, document: Document, stop: StopSignal) -> Document:
        """The members the record ends with, whatever goes wrong."""
        try:
            with no_space(self.workshop.directory):
                return self.work(document, stop)
        except JobStopped:
            return {self.status_member: JobStatus.STOPPED}
        except JobFailed as failed:
            return self._failed(str(failed))
        except StorageFull as full:
            return self._failed(f"ClientError: {full}")
        except Exception as error:
            # Whatever went wrong inside the runtime, a job must not stay InProgress for ever.
            logger.exception("%s %s", self.noun, document[self.name_member])
            return self._failed(f"InternalServerError: {type(error).__name__}: {error}")

    def _failed(self, reason: str) -> Document:
        return {
            self.status_member: JobStatus.FAILED,
            "FailureReason": reason[:_LONGEST_REASON],
        }
