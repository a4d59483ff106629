"""One limit on running jobs for everybody, and nobody starves behind somebody who has many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.jobs.job_server import JobProcess
from runtime.jobs.processes import Processes
from runtime.owner import OWNER
from runtime.runtime import Runtime
from runtime.settings import Settings
from runtime.stop import StopSignal

SECONDS = 30


class Crowd:
    """Processes of several owners that end when they are told; `order` is the order of their starts."""

    def __init__(self, home: Path, limit: int, wait_for: Callable[[Callable[[], object]], None]):
        self.home = home
        self.processes = Processes([], limit=limit, threads=1)
        self.wait_for = wait_for
        self.threads: list[threading.Thread] = []
        self.stops: dict[str, StopSignal] = {}

    def ask(self, owner: str, name: str) -> None:
        """One more process for an owner; returns when it stands in the queue or runs."""
        root = self.home / name / "ml"
        (root / "code").mkdir(parents=True)
        (root / "code/script.py").write_text(
            f"from pathlib import Path\nhome = Path({str(self.home)!r})\n"
            f"with (home / 'order').open('a') as file:\n    file.write('{name}\\n')\n"
            f"gate = home / 'end-{name}'\n"
            "import os\nos.mkfifo(gate)\ngate.open().read()\n"
        )
        process = JobProcess(
            root, self.home / name / "log", "runtime.jobs.work:run", [["python3", "script.py"]]
        )
        stop = self.stops[name] = StopSignal()

        def run() -> None:
            OWNER.set(owner)
            self.processes.run(process, stop)

        self.threads.append(threading.Thread(target=run))
        before = self.queued()
        self.threads[-1].start()
        self.wait_for(lambda: self.queued() > before or name in self.order())

    def queued(self) -> int:
        return sum(map(len, self.processes._slots._waiting.values()))

    def order(self) -> list[str]:
        path = self.home / "order"
        return path.read_text().split() if path.exists() else []

    def end(self, name: str) -> None:
        self.wait_for((self.home / f"end-{name}").exists)
        (self.home / f"end-{name}").write_text("")

    def close(self) -> None:
        for stop in self.stops.values():
            stop.request()
        for thread in self.threads:
            thread.join(SECONDS)
        self.processes.close()


@pytest.fixture
def crowd(tmp_path: Path, wait_for: Any) -> Iterator[Callable[[int], Crowd]]:
    opened: list[Crowd] = []

    def make(limit: int) -> Crowd:
        opened.append(Crowd(tmp_path, limit, wait_for))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_a_small_owner_comes_next_however_long_the_queue_of_a_big_one(
    crowd: Any, wait_for: Any
) -> None:
    here = crowd(1)
    for number in range(4):
        here.ask("big", f"big{number}")
    here.ask("small", "small0")
    here.ask("other", "other0")
    here.ask("small", "small1")
    for count, name in enumerate(["big0", "small0", "other0", "big1", "small1", "big2"], 2):
        here.end(name)
        wait_for(lambda count=count: len(here.order()) == count)
    expected = ["big0", "small0", "other0", "big1", "small1", "big2", "big3"]
    assert here.order() == expected


def test_a_free_slot_goes_to_who_has_the_fewest(crowd: Any, wait_for: Any) -> None:
    here = crowd(2)
    for number in range(3):
        here.ask("big", f"big{number}")
    wait_for(lambda: len(here.order()) == 2)
    here.ask("small", "small0")
    here.ask("small", "small1")
    here.end("big0")
    wait_for(lambda: len(here.order()) == 3)
    here.end("big1")
    wait_for(lambda: len(here.order()) == 4)
    assert here.order()[2:] == ["small0", "big2"]


def test_who_is_stopped_in_the_queue_leaves_his_turn_to_others(crowd: Any, wait_for: Any) -> None:
    here = crowd(1)
    here.ask("big", "big0")
    here.ask("small", "small0")
    here.ask("big", "big1")
    here.stops["small0"].request()
    wait_for(lambda: here.queued() == 1)
    here.end("big0")
    wait_for(lambda: here.order() == ["big0", "big1"])


def test_jobs_of_an_execution_work_for_it_and_others_for_themselves(
    tmp_path: Path, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: dict[str, str] = {}
    run = Processes.run

    def noted(self: Processes, process: JobProcess, *arguments: Any) -> Any:
        owners[process.log.parent.name] = OWNER.get()
        return run(self, process, *arguments)

    monkeypatch.setattr(Processes, "run", noted)
    request = local.processing("print('done')")
    items = {
        "IterableItems": ["a"],
        "MaxConcurrency": 1,
        "ForEachBody": [{"Name": "Inner", "Type": "Processing", "Arguments": request}],
    }
    name = local.pipeline(
        "owned",
        {"Name": "Outer", "Type": "Processing", "Arguments": request},
        {"Name": "Each", "Type": "ForEach", "Arguments": items},
    )
    execution = local.start(name)
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"
    assert set(owners.values()) == {execution}
    local.call("CreateProcessingJob", ProcessingJobName="alone", **request)
    assert local.ended("ProcessingJob", "alone")["ProcessingJobStatus"] == "Completed"
    assert owners["alone"] == "ProcessingJob/alone"


def test_the_limit_of_the_settings_holds_for_all_executions(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path, Settings(job_limit=1))
    try:
        assert runtime.jobs._processes._slots._free == 1
    finally:
        runtime.close()
