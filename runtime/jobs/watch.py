"""Stops a training job early: reads its objective off every line it prints and compares it with what others had."""

from __future__ import annotations

import io
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from runtime.api import ApiError

# Left in a job's folder when the job was stopped for its objective.
MARK = "stopped-early"
# Seconds between looks at a log: files tell nobody that they grew.
_PAUSE = 0.2


@dataclass(frozen=True)
class Watch:
    """`cutoffs`: epoch (from 1) -> the objective that must not be worse after it; `most` epochs are allowed.

    An epoch is one line that `regex` matches, once its tabs are written as CloudWatch shows them.
    """

    regex: str
    maximize: bool
    cutoffs: Mapping[int, float] = field(default_factory=dict)
    most: int | None = None

    def document(self) -> dict[str, Any]:
        """As JSON, for the job's process."""
        return {**vars(self), "cutoffs": [*self.cutoffs.items()]}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Watch:
        return cls(**{**document, "cutoffs": dict(document["cutoffs"])})


class Judge:
    """Counts epochs; `is_over` takes the lines of a log one after the other."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._pattern = re.compile(watch.regex)
        self._epoch = 0

    def is_over(self, line: str) -> bool:
        """Whether the training job is to be stopped after this line."""
        match = self._pattern.search(line.replace("\t", "#011"))
        if match is None:
            return False
        self._epoch += 1
        if self._watch.most is not None and self._epoch > self._watch.most:
            return True
        try:
            value = float(match[1] if self._pattern.groups else match[0])
        except (TypeError, ValueError):
            return False
        bar = self._watch.cutoffs.get(self._epoch)
        if bar is None:
            return False
        return value < bar if self._watch.maximize else value > bar


class WatchedOutput(io.TextIOBase):
    """A job's own standard output: everything goes through, and `stop` is called after a line that ends the job."""

    def __init__(self, output: TextIO, judge: Judge, stop: Callable[[], None]) -> None:
        self._output, self._judge, self._stop = output, judge, stop
        self._line = ""

    def write(self, text: str) -> int:
        written = self._output.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if self._judge.is_over(line):
                self._output.flush()
                self._stop()
        return written

    def flush(self) -> None:
        self._output.flush()


@contextmanager
def following(log: Path, watch: Watch, stop: Callable[[], None]) -> Iterator[None]:
    """While the context lasts, call `stop` once when the growing log ends the job: for programs of any language."""
    over = threading.Event()

    def follow() -> None:
        judge, position, rest = Judge(watch), 0, b""
        while not over.wait(_PAUSE):
            with log.open("rb") as file:
                file.seek(position)
                content = file.read()
            position += len(content)
            *lines, rest = (rest + content).split(b"\n")
            if any(judge.is_over(line.decode(errors="replace")) for line in lines):
                with suppress(ApiError):  # it has ended meanwhile
                    stop()
                return

    thread = threading.Thread(target=follow, name=f"follow-{log.parent.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def stop_this_process(root: Path) -> None:
    """What the service does to a training job that is not worth going on: SIGTERM, noted in its folder."""
    (root / MARK).touch()
    os.kill(os.getpid(), signal.SIGTERM)
