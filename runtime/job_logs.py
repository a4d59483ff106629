"""The jobs' log files as CloudWatch Logs shows them: groups, streams and events.

A log is what one host of a job wrote, without times. Whenever somebody reads one, its length and the time of its last
line are noted in `log.times` beside it; a line's time lies between the notes around it, by its place. Notes never
change, so neither do the times of lines once they were read.
"""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.jobs.container import job_folder
from runtime.jobs.hosts import cluster_of
from runtime.storage._base import Document, Records

GROUP_PREFIX = "/aws/sagemaker/"
# As the service calls them: /aws/sagemaker/TrainingJobs. A tuning job's logs are its training jobs'.
_KINDS = ("ProcessingJob", "TrainingJob", "TransformJob")
GROUPS = {f"{GROUP_PREFIX}{kind}s": kind for kind in _KINDS}
_LONGEST_MESSAGE = 256 * 1024
_WINDOW = 1024 * 1024  # bytes; also what one answer of GetLogEvents may hold
_RUNNING = ("InProgress", "Stopping")
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Event:
    """One line: bytes `start` to `end` of its log; `timestamp` in milliseconds."""

    stream: str
    start: int
    end: int
    timestamp: int
    message: str

    @property
    def place(self) -> tuple[int, str, int]:
        """Where it stands among the events of all streams."""
        return self.timestamp, self.stream, self.start

    @property
    def id(self) -> str:
        return f"{self.timestamp:020d}{zlib.crc32(self.stream.encode()):010d}{self.start:026d}"


@dataclass(frozen=True)
class Stream:
    """The log of one of a job's hosts; `created` in milliseconds."""

    name: str
    path: Path
    created: int
    running: bool

    def size(self) -> int:
        """How many bytes can be read: while the job runs, whole lines only."""
        size = self.path.stat().st_size
        if not self.running:
            return size
        with self.path.open("rb") as file:
            while size:
                start = max(0, size - _WINDOW)
                file.seek(start)
                found = file.read(size - start).rfind(b"\n")
                if found >= 0:
                    return start + found + 1
                size = start
        return 0

    def events(self, start: int = 0) -> Iterator[Event]:
        """The lines from byte `start` on, which must be the beginning of one."""
        size = self.size()
        times = _Times(self, size)
        with self.path.open("rb") as file:
            file.seek(start)
            while start < size:
                line = file.readline(min(_LONGEST_MESSAGE, size - start))
                yield from self._event(line, start, times)
                start += len(line)

    def events_before(self, end: int) -> list[Event]:
        """The lines that end at byte `end` or before, as many as one answer may hold."""
        times = _Times(self, self.size())
        begin = max(0, end - _WINDOW)
        with self.path.open("rb") as file:
            file.seek(begin)
            if begin:
                file.readline()  # the rest of a line that began earlier
                begin = file.tell() if file.tell() < end else begin
                file.seek(begin)
            found: list[Event] = []
            while begin < end:
                line = file.readline(min(_LONGEST_MESSAGE, end - begin))
                found.extend(self._event(line, begin, times))
                begin += len(line)
            return found

    def start_of(self, moment: int) -> int:
        """A byte before which every line is older than `moment`: where a search may begin."""
        return _Times(self, self.size()).start_of(moment)

    def first_and_last(self) -> tuple[int, int] | None:
        """Times of the first and the last event; None while there is none."""
        first = next(self.events(), None)
        if first is None:
            return None
        last = self.events_before(self.size())
        return first.timestamp, last[-1].timestamp if last else first.timestamp

    def _event(self, line: bytes, start: int, times: _Times) -> Iterator[Event]:
        message = line.decode("utf-8", "replace").rstrip("\r\n")
        end = start + len(line)
        if message:  # CloudWatch has no empty messages
            yield Event(self.name, start, end, times.of(end), message)


class _Times:
    """When the lines of a stream were written, as far as is known."""

    def __init__(self, stream: Stream, size: int) -> None:
        path = stream.path.with_name(f"{stream.path.name}.times")
        with _LOCK:
            self._ends, self._moments = [0], [stream.created]
            for end, moment in _read_notes(path):
                self._ends.append(end)
                self._moments.append(moment)
            if size > self._ends[-1]:
                written = max(int(stream.path.stat().st_mtime * 1000), self._moments[-1])
                self._ends.append(size)
                self._moments.append(written)
                # Without a note the times are good for this answer: a full disk keeps nobody from reading.
                with suppress(OSError), path.open("a", encoding="ascii") as file:
                    file.write(f"{size} {written}\n")

    def of(self, end: int) -> int:
        """The time of the line that ends at this byte."""
        after = bisect_left(self._ends, end)
        if after >= len(self._ends):
            return self._moments[-1]
        if after == 0:
            return self._moments[0]
        low, high = self._ends[after - 1], self._ends[after]
        before = self._moments[after - 1]
        return before + (self._moments[after] - before) * (end - low) // (high - low)

    def start_of(self, moment: int) -> int:
        return self._ends[max(0, bisect_left(self._moments, moment) - 1)]


def _read_notes(path: Path) -> list[tuple[int, int]]:
    if not path.exists():
        return []
    notes = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    # The last line may be half-written: the runtime was killed.
    return [(int(note[0]), int(note[1])) for note in notes if len(note) == 2]


class JobLogs:
    """The streams of the jobs in a state directory."""

    def __init__(self, directory: Path, records: Records) -> None:
        self._directory = directory
        self._records = records

    def groups(self) -> Sequence[str]:
        """The groups that have streams, as the service makes a group with its first job."""
        return [group for group in GROUPS if next(self.streams(group), None)]

    def streams(self, group: str, prefix: str = "") -> Iterator[Stream]:
        """The streams of one of GROUPS whose names start with `prefix`, in the order of their jobs."""
        kind = GROUPS[group]
        for document in self._records.list(kind, prefix.partition("/")[0]):
            for stream in self._streams(kind, document):
                if stream.name.startswith(prefix) and stream.path.exists():
                    yield stream

    def _streams(self, kind: str, document: Document) -> Iterator[Stream]:
        """One for each host that may have a log."""
        name, created = document[f"{kind}Name"], document["CreationTime"]
        folder = job_folder(self._directory, kind, name)
        for host in cluster_of(document).hosts:
            yield Stream(
                f"{name}/{host}-{int(created)}",
                folder.of(host).log,
                int(created * 1000),
                document[f"{kind}Status"] in _RUNNING,
            )
