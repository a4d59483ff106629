"""The logs of an execution's jobs: which there are, and their lines in the order of time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.definition.check import near
from pipelines.definition.document import Definition
from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import GROUPS, Logs
from pipelines.deploy.errors import UsageError
from pipelines.deploy.executions.named import check_step
from pipelines.deploy.watching.execution import Status

# After a job has ended its last lines may still be on their way: rounds that it is looked at for.
_ROUNDS_AFTER_THE_END = 2
_TUNING = "TuningJob"
_TRIAL_ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True)
class Choice:
    """What the user wants to read: one step or all (None), of a tuning step one trial or all."""

    step: str | None = None
    trial: str | None = None


@dataclass(frozen=True)
class Source:
    """A job with a log; `label`, as wide as the others, stands before its lines: empty where there is only one."""

    step: str
    label: str
    kind: str
    job: str
    ended: bool


@dataclass(frozen=True)
class Entry:
    """A line of a log; `timestamp` in milliseconds since 1970."""

    timestamp: int
    source: Source
    host: str
    message: str


class Reader:
    """Reads on where it stopped, however often it is asked."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._tokens: dict[tuple[str, str], str] = {}
        self._rounds: Counter[str] = Counter()

    def unread(self, sources: Iterable[Source]) -> Iterator[Entry]:
        """The lines that were not read before, merged by time. Raises ServiceError."""
        streams = [stream for source in sources for stream in self._streams(source)]
        return heapq.merge(*streams, key=lambda entry: entry.timestamp)

    def _streams(self, source: Source) -> Iterator[Iterator[Entry]]:
        if self._rounds[source.job] >= _ROUNDS_AFTER_THE_END:
            return
        self._rounds[source.job] += source.ended
        for stream in self._logs.streams(source.kind, source.job):
            yield self._entries(source, stream)

    def _entries(self, source: Source, stream: str) -> Iterator[Entry]:
        place = source.kind, stream
        host = stream.rpartition("/")[2].rpartition("-")[0]
        for line, token in self._logs.read(source.kind, stream, self._tokens.get(place)):
            self._tokens[place] = token
            yield Entry(line.timestamp, source, host, line.message)


class Sources:
    """The jobs that an execution has started so far, as far as they are chosen."""

    def __init__(self, aws: Aws, definition: Definition, arn: str, choice: Choice) -> None:
        """Raises UsageError for a step or trial that cannot be."""
        self._aws = aws
        self._executions = Executions(aws)
        self._arn = arn
        self._choice = choice
        self._width = 0
        if choice.step is not None:
            check_step(definition, choice.step)
        if choice.trial is not None and choice.step is None:
            raise UsageError("--trial is one of a tuning step's; name the step too")

    def now(self) -> list[Source]:
        """Raises UsageError when the chosen step has no log, or the trial does not exist."""
        entries = self._aws.list_steps(self._arn)
        found = list(self._chosen(entries))
        self._width = max([self._width, *(len(source.label) for source in found)])
        return [replace(source, label=source.label.ljust(self._width)) for source in found]

    def _chosen(self, entries: Sequence[Mapping[str, Any]]) -> Iterator[Source]:
        step = self._choice.step
        if step is None:
            for entry in entries:
                if not _elsewhere(entry):
                    yield from self._of(entry)
            return
        own = [entry for entry in entries if entry["StepName"] == step]
        found = [source for entry in own for source in self._of(entry)]
        if not found and self._choice.trial is None and any(map(_ended, own)):
            raise UsageError(f"step '{step}' has no job, so it has no log")
        yield from found

    def _of(self, entry: Mapping[str, Any]) -> Iterator[Source]:
        step, named = entry["StepName"], _named(entry)
        for kind, members in entry.get("Metadata", {}).items():
            if not isinstance(members, Mapping) or "Arn" not in members:
                continue
            job = members["Arn"].rpartition("/")[2]
            if kind == _TUNING:
                yield from self._trials(step, named, job)
            elif kind in GROUPS:
                if self._choice.trial is not None:
                    raise UsageError(f"step '{step}' is no tuning step; leave --trial out")
                label = "" if self._choice.step == named else named
                yield Source(step, label, kind, job, _ended(entry))

    def _trials(self, step: str, named: str, job: str) -> Iterator[Source]:
        trials = self._executions.trials(job)
        names = {each["TrainingJobName"]: each for each in trials}
        wanted = self._choice.trial
        if wanted is not None:
            names = {name: each for name, each in names.items() if wanted in _names(job, name)}
            if not names:
                known = [_short(job, each["TrainingJobName"]) for each in trials]
                raise UsageError(f"step '{step}' has no trial '{wanted}'{near(wanted, known)}")
        for name, trial in names.items():
            ended = trial["TrainingJobStatus"] in _TRIAL_ENDED
            yield Source(step, self._label(named, job, name), "TrainingJob", name, ended)

    def _label(self, named: str, job: str, trial: str) -> str:
        if self._choice.trial is not None:
            return ""
        short = _short(job, trial)
        return short if self._choice.step == named else f"{named} {short}"


def follow(
    status: Callable[[], Status], entries: Callable[[], Iterable[Entry]], pause: Callable[[], None]
) -> Iterator[Entry]:
    """Lines as they come, until the execution has finished and everything is read."""
    while True:
        # First the status: when it is finished, what is read afterwards is all there is.
        finished = status().is_finished()
        yield from entries()
        if finished:
            return
        pause()


def _short(job: str, trial: str) -> str:
    """`001-0a1b2c3d`: a trial without its tuning job's name."""
    return trial.removeprefix(f"{job}-")


def _names(job: str, trial: str) -> tuple[str, ...]:
    """What a trial may be called by."""
    short = _short(job, trial)
    number = short.partition("-")[0]
    return trial, short, number, number.lstrip("0")


def _named(entry: Mapping[str, Any]) -> str:
    """The step, with the number of the item where a ForEach repeats it."""
    context = entry.get("IterationContext", {})
    return f"{entry['StepName']}[{context['Index']}]" if "Index" in context else entry["StepName"]


def _ended(entry: Mapping[str, Any]) -> bool:
    return Status(entry["StepStatus"]).is_finished()


def _elsewhere(entry: Mapping[str, Any]) -> bool:
    return "CacheHitResult" in entry or "SelectiveExecutionResult" in entry
